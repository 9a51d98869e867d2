import { describe, expect, it, jest } from '@jest/globals';
import type { JsonValue } from './audit-event.js';
import { TruncationBudget } from './truncation-budget.js';
import { JsonNormalizer } from './normalize-json.js';
import { createSecretNameTest } from '../../base/secrets/redact-names.js';

const isSecretName = createSecretNameTest();

function normalize(value: unknown, budget = new TruncationBudget(36 * 1024)): JsonValue | undefined {
  return new JsonNormalizer(isSecretName, budget).normalize(value);
}

class Money {
  private readonly currency = 'EUR';
  constructor(readonly amount: number) {}
  text(): string {
    return `${this.amount} ${this.currency}`;
  }
}

class WithGetter {
  readonly own = 1;
  get computed(): never {
    throw new Error('a getter of the class is not an own field');
  }
}

class Account {
  constructor(readonly id: number) {}
  toJSON(): object {
    return { account: this.id, password: 'hunter2' };
  }
}

const cycle: Record<string, unknown> = { name: 'loop' };
cycle.self = cycle;
cycle.list = [cycle];

const shared = { shared: true };

it('an object that stands in two places is not a cycle', () => {
  expect(normalize({ first: shared, second: [shared] })).toEqual({ first: shared, second: [shared] });
});

describe('what JSON cannot say becomes a text that says what it was', () => {
  it.each<[string, unknown, unknown]>([
    ['a cycle', cycle, { name: 'loop', self: '[circular]', list: ['[circular]'] }],
    ['a BigInt', { big: 12345678901234567890n }, { big: '12345678901234567890' }],
    ['a date', { at: new Date(0) }, { at: '1970-01-01T00:00:00.000Z' }],
    ['an invalid date', { at: new Date(Number.NaN) }, { at: '[invalid date]' }],
    ['NaN and the infinities', [Number.NaN, Infinity, -Infinity], ['NaN', 'Infinity', '-Infinity']],
    [
      'a Map',
      new Map<unknown, unknown>([
        ['a', 1],
        [2, 'b'],
        [{}, 'c'],
      ]),
      { a: 1, '2': 'b', '[object]': 'c' },
    ],
    ['a Set', new Set([1, 'two', undefined]), [1, 'two', null]],
    ['a Buffer', { bytes: Buffer.from('password') }, { bytes: '[8 bytes]' }],
    ['a typed array and an ArrayBuffer', [new Uint16Array(3), new ArrayBuffer(5)], ['[6 bytes]', '[5 bytes]']],
    ['symbols and functions', [Symbol('s'), () => 1, Money], ['[symbol]', '[function]', '[function]']],
    ['what is undefined', { left: undefined, kept: [undefined] }, { kept: [null] }],
    ['a class instance, by its fields', new Money(3), { amount: 3, currency: 'EUR' }],
    ['getters of a class, which are not fields', new WithGetter(), { own: 1 }],
    ['a toJSON, and what it returns is redacted', new Account(7), { account: 7, password: '[REDACTED]' }],
    ['an object without a prototype', Object.assign(Object.create(null) as object, { a: 1 }), { a: 1 }],
    ['boxed values', [new Number(1), new String('s'), new Boolean(false)], [1, 's', false]],
    ['a URL and a RegExp', [new URL('https://example.org/'), /a+/g], ['https://example.org/', '/a+/g']],
    ['a promise', Promise.resolve('value'), '[promise]'],
    ['a sparse list', Object.assign(new Array<number>(3), { 1: 5 }), [null, 5, null]],
    ['an error', new TypeError('bad'), { name: 'TypeError', message: 'bad' }],
    [
      'an error with a code',
      Object.assign(new Error('bad'), { code: 'E1' }),
      { name: 'Error', message: 'bad', code: 'E1' },
    ],
  ])('%s', (_what, value, expected) => {
    expect(normalize(value)).toEqual(expected);
  });

  it('a name such as __proto__ is a field like any other, and sets no prototype', () => {
    const normal = normalize(JSON.parse('{"__proto__":{"admin":true},"constructor":{"prototype":1},"toString":"x"}'));

    expect(JSON.stringify(normal)).toBe('{"__proto__":{"admin":true},"constructor":{"prototype":1},"toString":"x"}');
    expect(Object.getPrototypeOf(normal)).toBe(Object.prototype);
    expect(Object.keys({})).toEqual([]);
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });
});

function hostileError(): Error {
  return Object.defineProperties(new Error(), {
    name: {
      get: () => {
        throw new Error('no name');
      },
    },
    message: {
      get: () => {
        throw new Error('no message');
      },
    },
  });
}

const thrower = (thrown: unknown) => () => {
  throw thrown;
};

function hostileProxy(thrown: unknown): object {
  const trap = thrower(thrown);
  return new Proxy(
    {},
    { get: trap, has: trap, ownKeys: trap, getPrototypeOf: trap, getOwnPropertyDescriptor: trap, isExtensible: trap },
  );
}

function revoked(target: object): object {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}

describe('what throws when it is read costs itself, not the rest', () => {
  it.each<[string, unknown]>([
    ['a getter', Object.defineProperty({}, 'x', { enumerable: true, get: thrower(new Error('no')) })],
    ['a toJSON', { toJSON: thrower(new Error('no')) }],
    ['a getter named toJSON', Object.defineProperty({}, 'toJSON', { get: thrower(new Error('no')) })],
    ['a proxy', hostileProxy(new Error('no'))],
    ['a proxy that throws a text', hostileProxy('no')],
    ['a proxy that throws nothing', hostileProxy(undefined)],
    ['a proxy that throws an error that cannot be read', hostileProxy(hostileError())],
    ['a proxy that throws a proxy', hostileProxy(hostileProxy(new Error('no')))],
    ['a proxy whose error has a symbol for a name', hostileProxy(Object.assign(new Error(), { name: Symbol('n') }))],
    ['a revoked object', revoked({})],
    ['a revoked list', revoked([])],
    ['a revoked function', revoked(() => 1)],
    ['an error whose getters throw', hostileError()],
    ['a boxed value that throws', Object.assign(new Number(1), { valueOf: thrower(new Error('no')) })],
    ['a date that throws', Object.assign(new Date(), { toISOString: thrower(new Error('no')) })],
    ['a Map that throws', Object.assign(new Map([[1, 1]]), { [Symbol.iterator]: thrower(new Error('no')) })],
    ['a Set that throws', Object.assign(new Set([1]), { [Symbol.iterator]: thrower(new Error('no')) })],
    [
      'a Map with a key that has no text',
      new Map([[Object.assign(() => 1, { toString: thrower(new Error('no')) }), 1]]),
    ],
  ])('%s', (_what, value) => {
    const normal = normalize({ before: 1, value, after: 2 });

    expect(normal).toMatchObject({ before: 1, after: 2 });
    expect(JSON.stringify(normal)).not.toContain('"no"');
  });

  it('a secret that cannot be read is still masked', () => {
    const value = Object.defineProperty({}, 'password', { enumerable: true, get: thrower(new Error('hunter2')) });

    expect(normalize(value)).toEqual({ password: '[REDACTED]' });
  });
});

describe('what is too large is cut, and marked', () => {
  it('1,000 levels of objects, and 1,000 of lists', () => {
    for (const wrap of [(inner: unknown): unknown => ({ inner }), (inner: unknown): unknown => [inner]]) {
      let nested: unknown = 'the innermost';
      for (let level = 0; level < 1_000; level++) nested = wrap(nested);
      const budget = new TruncationBudget(36 * 1024);
      const text = JSON.stringify(normalize({ nested, after: 1 }, budget));

      expect(text).toContain('[too deep]');
      expect(text).toContain('"after":1');
      expect(text).not.toContain('the innermost');
      expect(budget.exceeded).toBe(true);
    }
  });

  it('an endless chain of toJSON', () => {
    const endless = (): object => ({ toJSON: endless });

    expect(normalize({ endless: endless(), after: 1 })).toMatchObject({ after: 1 });
  });

  it('a graph in which each object names the next twice', () => {
    let graph: unknown = 'leaf';
    for (let level = 0; level < 30; level++) graph = { left: graph, right: graph };
    const budget = new TruncationBudget(36 * 1024);

    expect(JSON.stringify(normalize(graph, budget)).length).toBeLessThan(60 * 1024);
    expect(budget.exceeded).toBe(true);
  });

  it('a list of long names, of which no more are read than fit', () => {
    const read = jest.fn(isSecretName);
    const names = Array.from({ length: 50_000 }, (_, nth) => String(nth).padStart(300, 'a'));
    new JsonNormalizer(read, new TruncationBudget(36 * 1024)).normalize(names);

    expect(read.mock.calls.length).toBeLessThan(200);
  });
});

it('a secret that looks almost like the name of a field is found at once', () => {
  expect(normalize(['password', `${'a'.repeat(60)}!`])).toEqual(['password', '[REDACTED]']);
});
