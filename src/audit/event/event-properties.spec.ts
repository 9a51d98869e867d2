import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ANY_CHARACTER } from '../../../test/support/any-character.js';
import { MAX_EVENT_BYTES, type AuditEvent } from './audit-event.js';
import type { AuditInput } from './audit-input.js';
import { buildEvent } from './build-event.js';
import { createSecretNameTest } from '../../base/secrets/redact-names.js';
import { runs } from '../../../test/support/whole.js';

const isSecretName = createSecretNameTest();
const RUNS = { numRuns: runs(60) };

function build(input: AuditInput): AuditEvent {
  return buildEvent({
    id: '018f3c1e-7b3a-7000-8000-000000000001',
    occurredAt: new Date(0),
    resolved: { type: 'order_created', action: 'order_creation', outcome: 'success', category: 'order' },
    input,
    request: undefined,
    isSecretName,
  });
}

const anything = fc.anything({
  withBigInt: true,
  withBoxedValues: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withTypedArray: true,
  withSparseArray: true,
  withNullPrototype: true,
  withObjectString: true,
  stringUnit: ANY_CHARACTER,
});

const text = fc.string({
  unit: fc.oneof(
    { weight: 6, arbitrary: fc.string({ minLength: 1, maxLength: 1 }) },
    { weight: 2, arbitrary: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }) },
    { weight: 1, arbitrary: fc.constantFrom('\0', '\ud800', '\udfff', '"', '\\', '\n', '\u2028') },
  ),
});

type Wrap = (inner: unknown, sibling: unknown, name: string) => unknown;

const WRAPS: readonly Wrap[] = [
  (inner, sibling, name) => ({ [name]: inner, sibling }),
  (inner, sibling) => [inner, sibling],
  (inner, _sibling, name) => new Map([[name, inner]]),
  (inner, sibling) => new Set([sibling, inner]),
  (inner) => ({ toJSON: () => inner }),
  (inner, sibling) => {
    const loop: Record<string, unknown> = { inner, sibling };
    loop.loop = loop;
    return loop;
  },
  (inner, _sibling, name) => Object.defineProperty({}, name, { enumerable: true, get: () => inner }),
  (inner) => Object.assign(new Date(0), { inner }),
  (inner) => Object.assign(new Error('outer'), { code: inner }),
];

const layers = fc.array(fc.tuple(fc.constantFrom(...WRAPS), anything, fc.oneof(text, fc.constant('__proto__'))), {
  maxLength: 10,
});

function bury(planted: unknown, wrappings: readonly (readonly [Wrap, unknown, string])[]): unknown {
  return wrappings.reduce<unknown>((inner, [wrap, sibling, name]) => wrap(inner, sibling, name), planted);
}

/** A word that no generator makes by chance. */
const NONCE = 'Zq9hunter2Xw7';

const secretName = fc
  .constantFrom(
    'password',
    'apiKey',
    'refresh_token',
    'Set-Cookie',
    'AUTHORIZATION',
    'client-secret',
    'mfaCode',
    'userPin',
  )
  .chain((name) => fc.constantFrom(name, `new_${name}`, `user.${name}`));

const secretByName = fc
  .tuple(secretName, fc.constantFrom<unknown>(NONCE, [NONCE], { deep: { deeper: NONCE } }, new Map([[NONCE, NONCE]])))
  .map(([name, value]) => ({ [name]: value }));

const secretByLook = fc
  .tuple(
    text,
    fc.constantFrom(
      `eyJhbGciOiJIUzI1NiJ9.${NONCE}.${NONCE}`,
      `Bearer ${NONCE}${NONCE}`,
      `-----BEGIN PRIVATE KEY-----\n${NONCE}\n-----END PRIVATE KEY-----`,
      `postgres://app:${NONCE}@db/app`,
      `password=${NONCE}`,
    ),
    text,
  )
  .map(([before, poll, after]) => `${before} ${poll} ${after}`);

function* listTexts(value: unknown): Generator<string> {
  if (typeof value === 'string') yield value;
  if (typeof value !== 'object' || value === null) return;
  for (const [name, item] of Object.entries(value)) {
    yield name;
    yield* listTexts(item);
  }
}

function isPlainFrozenJson(value: unknown): boolean {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || !Object.isFrozen(value)) return false;
  if (!Array.isArray(value) && Object.getPrototypeOf(value) !== Object.prototype) return false;
  return Reflect.ownKeys(value).every((key) => {
    if (Array.isArray(value) && key === 'length') return true;
    const field = Object.getOwnPropertyDescriptor(value, key);
    return typeof key === 'string' && field?.enumerable === true && 'value' in field && isPlainFrozenJson(field.value);
  });
}

function expectSound(event: AuditEvent): void {
  const json = JSON.stringify(event);
  expect(isPlainFrozenJson(event)).toBe(true);
  expect(JSON.stringify(JSON.parse(json))).toBe(json);
  expect(Buffer.byteLength(json)).toBeLessThanOrEqual(MAX_EVENT_BYTES);
  expect([...listTexts(event)].filter((each) => !each.isWellFormed() || each.includes('\0'))).toEqual([]);
}

describe('whatever is recorded', () => {
  it('becomes plain, frozen, bounded JSON that a round trip leaves unchanged', () => {
    fc.assert(
      fc.property(anything, anything, anything, layers, (details, metadata, before, wrappings) => {
        expectSound(
          build({
            details: bury(details, wrappings),
            metadata,
            changes: { before, after: bury(details, wrappings) },
          } as AuditInput),
        ); // anything at all
      }),
      RUNS,
    );
  });

  it('shows nothing of a secret that its name gives away, at any depth', () => {
    fc.assert(
      fc.property(secretByName, layers, (secret, wrappings) => {
        const event = build({
          details: { buried: bury(secret, wrappings) },
          changes: { before: {}, after: bury(secret, wrappings) },
        });
        expect(JSON.stringify(event)).not.toContain(NONCE);
      }),
      RUNS,
    );
  });

  it('shows nothing of a secret that its look gives away, at any depth', () => {
    fc.assert(
      fc.property(secretByLook, layers, (secret, wrappings) => {
        const event = build({
          details: { buried: bury(secret, wrappings), [secret]: 1 },
          metadata: { buried: [secret] },
          reason: secret,
          error: new Error(secret),
          actor: { id: secret, name: secret },
        });
        expect(JSON.stringify(event)).not.toContain(NONCE);
      }),
      RUNS,
    );
  });

  it('shows no card number, whatever separates its digits', () => {
    const separator = fc.constantFrom('', ' ', '-');
    const withoutDigits = text.map((each) => each.replace(/\d/g, ''));
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 14, maxLength: 14 }), separator, withoutDigits, layers,
        (random, between, around, wrappings) => {
          const digits = withCheckDigit(`4${random.join('')}`);
          const written = digits.replace(/(\d{4})(?=\d)/g, `$1${between}`);
          const planted = [`${around} ${written} ${around}`, Number(digits), BigInt(digits)];
          const json = JSON.stringify(build({ details: { buried: bury(planted, wrappings) } }));
          expect(json.includes(written) || json.includes(digits)).toBe(false);
        }), // prettier-ignore
      RUNS,
    );
  });

  it('is what it was when nothing of it is secret and everything fits', () => {
    const word = fc.stringMatching(/^[a-z ]{0,20}$/);
    const plain = fc.jsonValue({ maxDepth: 4, stringUnit: fc.constantFrom('a', 'ž', '😀', ' ', '"') });
    fc.assert(
      fc.property(fc.dictionary(word, plain), (details) => {
        const json = JSON.stringify(details);
        // One long number in a hundred is a card number by chance.
        fc.pre(json.length < 8_000 && !/\d{13}/.test(json) && ![...listTexts(details)].some(isSecretName));
        expect(JSON.stringify(build({ details }).details)).toBe(json);
      }),
      RUNS,
    );
  });
});

function withCheckDigit(digits: string): string {
  const isCard = (candidate: string): boolean => {
    let sum = 0;
    for (const [place, digit] of Array.from(candidate).reverse().entries()) {
      const value = Number(digit) * (place % 2 === 0 ? 1 : 2);
      sum += value > 9 ? value - 9 : value;
    }
    return sum % 10 === 0;
  };
  const last = Array.from('0123456789').find((digit) => isCard(digits + digit));
  return digits + (last ?? '');
}
