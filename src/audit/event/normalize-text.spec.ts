import { describe, expect, it } from '@jest/globals';
import { cleanText, normalizeText } from './normalize-text.js';

describe('a text of an event of its own', () => {
  it.each<[string, unknown, string | undefined]>([
    ['a text', 'order-7', 'order-7'],
    ['a number', 7, '7'],
    ['a BigInt', 7n, '7'],
    ['a boolean', false, 'false'],
    ['a date', new Date(0), '1970-01-01T00:00:00.000Z'],
    ['a value with a text of its own', { toString: () => 'id-7' }, 'id-7'],
    ['nothing', undefined, undefined],
    ['null', null, undefined],
    ['an empty text', '', undefined],
    ['an object without a text', {}, undefined],
    ['an object without a prototype', Object.create(null), undefined],
    ['a symbol', Symbol('s'), undefined],
    ['a function', () => 1, undefined],
    ['an invalid date', new Date(Number.NaN), undefined],
    ['control characters', 'a\u0001b\u007fc\0d\u001be', 'a\ufffdb\ufffdc\ufffdd\ufffde'],
    ['a lone surrogate', 'a\ud800', 'a\ufffd'],
    ['lines and tabs', 'a\n\tb', 'a\n\tb'],
  ])('is made of %s', (_what, value, expected) => {
    expect(normalizeText(value, 100)).toBe(expected);
  });

  it.each<[string, unknown]>([
    ['a throwing toString', { toString: () => { throw new Error('no'); } }], // prettier-ignore
    ['a toString that is none', { toString: 5 }],
    ['a revoked proxy', revokedProxy()],
  ])('is nothing for %s', (_what, value) => {
    expect(normalizeText(value, 100)).toBeUndefined();
  });

  it('is cut to its limit at a whole character', () => {
    const cut = normalizeText('x' + '😀'.repeat(100), 10);

    expect(cut).toBe('x' + '😀'.repeat(4) + '\ufffd');
  });

  it('masks secrets', () => {
    expect(normalizeText('postgres://app:hunter2@db/app failed', 100)).toBe('postgres://app:[REDACTED]@db/app failed');
    expect(cleanText('postgres://app:hunter2@db/app failed')).toBe('postgres://app:[REDACTED]@db/app failed');
  });

  it.each([
    ['a password in a URL', 'postgres://app:hunter2hunter2@db/app', 'hunter2'],
    ['a card number', '4111 1111 1111 1111', '4111 1111'],
    ['a bearer token', 'Bearer 1bcdefghijklmnopqrst', '1bcdef'],
  ])('keeps no part of %s that stands where it is cut', (_what, secret, part) => {
    const limit = 200;
    for (let start = limit - secret.length; start < limit; start++) {
      const text = 'x'.repeat(start - 1) + ' ' + secret;
      if (text.slice(0, limit).includes(part)) expect(normalizeText(text, limit)).not.toContain(part);
    }
  });
});

function revokedProxy(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}
