import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { JsonValue } from './audit-event.js';
import { TruncationBudget } from './truncation-budget.js';
import { diffValues, isDiffTruncated, MAX_DIFF_BYTES, type AuditDiffEntry } from './diff-values.js';
import { JsonNormalizer } from './normalize-json.js';
import { createSecretNameTest } from '../../base/secrets/redact-names.js';
import { runs } from '../../../test/support/whole.js';

const isSecretName = createSecretNameTest();

function measureBytes(diff: readonly AuditDiffEntry[]): number {
  return Buffer.byteLength(JSON.stringify(diff));
}

describe('the diff of two states', () => {
  it.each<[string, unknown, unknown, readonly AuditDiffEntry[]]>([
    ['equal ones', { a: [1, { b: 2 }] }, { a: [1, { b: 2 }] }, []],
    ['equal ones whose fields stand in another order', { a: 1, b: [{ c: 1, d: 2 }] }, { b: [{ d: 2, c: 1 }], a: 1 }, []],
    ['a changed field', { status: 'new' }, { status: 'paid' }, [{ path: '/status', from: 'new', to: 'paid' }]],
    ['an added and a removed field', { a: 1 }, { b: 2 }, [{ path: '/a', from: 1 }, { path: '/b', to: 2 }]],
    ['a field below others', { a: { b: { c: 1 } } }, { a: { b: { c: 2 } } }, [{ path: '/a/b/c', from: 1, to: 2 }]],
    ['null, which is something', { a: null }, {}, [{ path: '/a', from: null }]],
    ['undefined, which is nothing', { a: undefined }, {}, []],
    ['another type', { a: [1] }, { a: { 0: 1 } }, [{ path: '/a', from: [1], to: { 0: 1 } }]],
    ['no state before', undefined, { a: 1 }, [{ path: '', to: { a: 1 } }]],
    ['no state after', { a: 1 }, undefined, [{ path: '', from: { a: 1 } }]],
    ['no state at all', undefined, undefined, []],
    ['names with a slash and a tilde', { 'a/b~c': 1 }, { 'a/b~c': 2 }, [{ path: '/a~1b~0c', from: 1, to: 2 }]],
    ['an empty name', { '': 1 }, { '': 2 }, [{ path: '/', from: 1, to: 2 }]],
    ['dates', { at: new Date(0) }, { at: new Date(1) }, [
      { path: '/at', from: '1970-01-01T00:00:00.000Z', to: '1970-01-01T00:00:00.001Z' },
    ]],
  ])('of %s', (_what, before, after, diff) => {
    expect(diffValues(before, after)).toEqual(diff);
  }); // prettier-ignore

  it.each<[string, readonly unknown[], readonly unknown[], readonly AuditDiffEntry[]]>([
    ['an item put first', [2, 3], [1, 2, 3], [{ path: '/0', to: 1 }]],
    ['an item put in between', [1, 3], [1, 2, 3], [{ path: '/1', to: 2 }]],
    ['two items put last', [1], [1, 2, 3], [{ path: '/1', to: 2 }, { path: '/2', to: 3 }]],
    ['an item taken away', [1, 2, 3], [1, 3], [{ path: '/1', from: 2 }]],
    ['an item changed', [1, 2, 3], [1, 4, 3], [{ path: '/1', from: 2, to: 4 }]],
    ['one put first and one taken from the end', [1, 2, 3, 4], [0, 1, 2, 3], [{ path: '/0', to: 0 }, { path: '/4', from: 4 }]],
    ['a field of an item', [{ a: 1, b: 1 }], [{ a: 1, b: 2 }], [{ path: '/0/b', from: 1, to: 2 }]],
    ['a field of an item with an id, behind one put first', [{ id: 1, n: 1 }], [{ id: 0, n: 1 }, { id: 1, n: 2 }], [
      { path: '/0', to: { id: 0, n: 1 } }, { path: '/1/n', from: 1, to: 2 },
    ]],
    ['an item with another id, which is another item', [{ id: 1, n: 1 }], [{ id: 2, n: 2 }], [
      { path: '/0', from: { id: 1, n: 1 }, to: { id: 2, n: 2 } },
    ]],
  ])('of lists: %s', (_what, before, after, diff) => {
    expect(diffValues(before, after)).toEqual(diff);
  }); // prettier-ignore
});

describe('a diff is bounded', () => {
  it('to 16 KiB, cut and marked', () => {
    const states = [0, 1].map((value) =>
      Object.fromEntries(Array.from({ length: 3_000 }, (_, n) => [`field${n}`, value])),
    );
    const diff = diffValues(...(states as [object, object]));

    expect(measureBytes(diff)).toBeLessThanOrEqual(MAX_DIFF_BYTES);
    expect(measureBytes(diff)).toBeGreaterThan(MAX_DIFF_BYTES - 200);
    expect(diff.at(-1)).toEqual({ path: '', truncated: true });
    expect(isDiffTruncated(diff)).toBe(true);
  });

  it('in each side of an entry', () => {
    const diff = diffValues({ text: 'a' }, { text: 'b'.repeat(10_000), last: 1 });

    expect(diff).toEqual([
      { path: '/text', from: 'a', to: expect.stringMatching(/^b{100,4096}…\[cut\]$/), truncated: true },
      { path: '/last', to: 1 },
    ]);
  });

  it('in its work, however long the lists are', () => {
    const long = Array.from({ length: 1_000_000 }, (_, n) => n % 7);
    const diff = diffValues(long, [...long].reverse());

    expect(measureBytes(diff)).toBeLessThanOrEqual(MAX_DIFF_BYTES);
    expect(isDiffTruncated(diff)).toBe(true);
  });

  it('and reports when the states are larger than what is compared', () => {
    const state = { text: Array.from({ length: 20 }, () => 'x'.repeat(16_000)) };

    expect(diffValues(state, state)).toEqual([{ path: '', truncated: true }]);
  });
});

const hidden = '[REDACTED]';

it.each<[string, unknown, unknown, readonly AuditDiffEntry[]]>([
  ['by name', { password: 'a' }, { password: 'b' }, [{ path: '/password', from: hidden, to: hidden }]],
  ['by name, the same', { password: 'a' }, { password: 'a' }, []],
  ['by name, new', {}, { token: { a: 1 } }, [{ path: '/token', to: hidden }]],
  ['by name, gone', { token: 'a' }, { token: null }, [{ path: '/token', from: hidden, to: null }]],
  ['by look', { note: 'Bearer aaaaaaaaaaaaaaaaaaa1' }, { note: 'Bearer bbbbbbbbbbbbbbbbbbb1' }, [
    { path: '/note', from: `Bearer ${hidden}`, to: `Bearer ${hidden}` },
  ]],
  ['by look, the same', { note: 'Bearer aaaaaaaaaaaaaaaaaaa1' }, { note: 'Bearer aaaaaaaaaaaaaaaaaaa1' }, []],
  ['as a card number', { n: 4111111111111111 }, { n: 1 }, [{ path: '/n', from: hidden, to: 1 }]],
  ['within a new value', {}, { user: { pin: '1234' } }, [{ path: '/user', to: { pin: hidden } }]],
])('a diff shows that a secret changed, and not what it is: %s', (_how, before, after, diff) => {
  expect(diffValues(before, after)).toEqual(diff);
}); // prettier-ignore

/** Applies the entries in order, like the operations of RFC 6902. */
function applyDiff(state: JsonValue | undefined, diff: readonly AuditDiffEntry[]): JsonValue | undefined {
  const root: { value?: JsonValue } = state === undefined ? {} : { value: structuredClone(state) };
  for (const { path, ...sides } of diff) {
    const names = path === '' ? [] : path.slice(1).split('/').map(unescapeSegment);
    let parent = root as Record<string, JsonValue> | JsonValue[]; // the code below follows the path
    let name = 'value';
    for (const next of names) {
      parent = (parent as Record<string, JsonValue>)[name] as typeof parent; // the value exists, because the path names it
      name = next;
    }
    const to = structuredClone(sides.to);
    if (Array.isArray(parent)) {
      if (to === undefined) parent.splice(Number(name), 1);
      else parent.splice(Number(name), 'from' in sides ? 1 : 0, to);
    } else if (to === undefined) Reflect.deleteProperty(parent, name);
    else Object.defineProperty(parent, name, { value: to, enumerable: true, configurable: true, writable: true });
  }
  return root.value;
}

const unescapeSegment = (name: string): string => name.replaceAll('~1', '/').replaceAll('~0', '~');

const scalar = fc.oneof(
  fc.constantFrom<JsonValue>(0, 1, 2, 'a', 'b', null, true),
  fc.double({ noNaN: true }),
  fc.string(),
);
const name = fc.oneof(fc.constantFrom('a', 'b', 'id', 'password', 'email', '__proto__', '~', '/'), fc.string());
const { state } = fc.letrec<{ state: unknown }>((tie) => ({
  state: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    scalar,
    fc.array(tie('state'), { maxLength: 6 }),
    fc.dictionary(name, tie('state'), { maxKeys: 5 }),
  ),
})); // prettier-ignore

function redacted(value: unknown): JsonValue | undefined {
  return new JsonNormalizer(isSecretName, new TruncationBudget(1_000_000)).normalize(value);
}

describe('whatever the states are', () => {
  it('the diff, applied to the one, gives the other', () => {
    fc.assert(
      fc.property(state, state, (before, after) => {
        const diff = diffValues(before, after);
        fc.pre(!isDiffTruncated(diff));
        expect(applyDiff(redacted(before), diff)).toEqual(redacted(after));
      }),
      { numRuns: runs(60) },
    );
  });

  it('the diff of lists is as short as the shortest way from one to the other', () => {
    const list = fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 8 });
    fc.assert(
      fc.property(list, list, (before, after) => {
        expect(diffValues(before, after)).toHaveLength(editDistance(before, after));
      }),
      { numRuns: runs(100) },
    );
  });

  it('no secret is in the diff, neither as text nor as anything made of it', () => {
    const SECRET = 'Zq9hunter2Xw7';
    const planted = fc.constantFrom<unknown>(
      { password: SECRET },
      { api_key: [SECRET, { deep: SECRET }] },
      `Bearer ${SECRET}${SECRET}`,
      { [`postgres://app:${SECRET}@db`]: 1 },
      { 'password=x password': SECRET },
      { [`${'x'.repeat(300)}password`]: SECRET },
      `${'-----BEGIN KEY-----\n'.padEnd(14_000, 'k')}-----END KEY-----${' '.repeat(2_350)}eyJhbGciOiJIUzI1NiJ9${SECRET}.${SECRET}`,
    );
    fc.assert(
      fc.property(planted, planted, state, state, (one, other, before, after) => {
        const json = JSON.stringify([
          diffValues({ at: one, before }, { at: other, after }),
          diffValues([before, one], [other, after]),
          diffValues(undefined, { one, other }),
        ]);
        expect(json).not.toContain(SECRET);
        expect(json).not.toMatch(/\\u0000/);
      }),
      { numRuns: runs(100) },
    );
  });
});

function editDistance(from: readonly number[], to: readonly number[]): number {
  const [first, ...rest] = from;
  const [other, ...others] = to;
  if (first === undefined || other === undefined) return Math.max(from.length, to.length);
  if (first === other) return editDistance(rest, others);
  return 1 + Math.min(editDistance(rest, to), editDistance(from, others), editDistance(rest, others));
}
