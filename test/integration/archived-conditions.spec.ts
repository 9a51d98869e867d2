import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import pg from 'pg';
import type { JsonObject, JsonValue } from '../../src/audit/index.js';
import { addressTest } from '../../src/modules/monitoring/query/archived/address-tests.js';
import { toLowerCase } from '../../src/modules/monitoring/query/archived/ignoring-case.js';
import {
  hasChanged,
  hasField,
  hasPersonalField,
  wordTest,
} from '../../src/modules/monitoring/query/archived/json-tests.js';
import { fieldTest } from '../../src/modules/monitoring/query/archived/predicate-tests.js';
import {
  changedPath,
  fieldNeedles,
  fieldPath,
  personalFieldPaths,
  personalWordPath,
  wordPath,
  wordPattern,
} from '../../src/modules/monitoring/query/json-filter.js';
import type { ValueTest } from '../../src/modules/monitoring/query/predicates.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const CASES = 4_000;

let database: TestDatabase;
let client: pg.Client;

beforeAll(async () => {
  database = await createTestDatabase();
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await database.drop();
});

/** What PostgreSQL answers for each pair. */
async function answers(sql: string, pairs: readonly (readonly [string, string])[]): Promise<readonly unknown[]> {
  const [ones, others] = [pairs.map(([one]) => one), pairs.map(([, other]) => other)];
  const { rows } = await client.query<{ found: unknown }>(
    `SELECT ${sql} AS found FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS pair (one, other, nth) ORDER BY nth`,
    [ones, others],
  );
  return rows.map(({ found }) => found);
}

interface Case {
  readonly seen: JsonValue;
  readonly path: string;
  readonly found: boolean;
}

/** That the test finds what PostgreSQL finds, in both ways often enough. */
async function expectSame(cases: readonly Case[]): Promise<void> {
  const told = await answers(
    'one::jsonb @? other::jsonpath',
    cases.map(({ seen, path }) => [JSON.stringify(seen), path]),
  );
  const wrong = cases.filter(({ found }, nth) => found !== (told[nth] === true));
  expect(wrong.slice(0, 3)).toEqual([]);
  for (const way of [true, false])
    expect(told.filter((each) => each === way).length).toBeGreaterThan(cases.length / 50);
}

const words = [
  ...['x', 'Y', '1', '1.0', '1.5', 'är', 'ÄRGER', 'strasse'],
  ...['x.y', '^x$', '\\', '10%', '9007199254740993', 'e'],
];
const word = fc.constantFrom(...words);
const name = fc.constantFrom('a', 'b', '0', 'a/b', '~', '"', 'ü');
const text = fc.constantFrom(
  ...[
    '',
    'x',
    'xy',
    'X',
    '1',
    '1.0',
    '1.50',
    '-3',
    '007',
    'true',
    'null',
    '1e3',
    '9007199254740993',
    '[1]',
    'Ärger',
    'ärger x',
    'STRASSE',
  ],
  ...[
    '2026-01-05',
    '2026-01-05T10:00:00Z',
    '2026-01-05T10:00:00',
    '2026-01-05T12:00:00+02:00',
    '2026-01-05T10:00:00.5Z',
    '2026-02-30',
  ],
  ...['2026-01-05 10:00:00Z', '2026-01-05T10:00Z', '٣', ' 1', '1\n', '\\', '^x$', 'x.y', '10%'],
);
const number = fc.constantFrom(0, 1, -3, 1.5, 1.1, 0.1, 1_000, 1e21, 1.5e-7, 9007199254740992, 12345678901234567000);
const scalar: fc.Arbitrary<JsonValue> = fc.oneof(text, number, fc.boolean(), fc.constant(null));
const { json } = fc.letrec<{ json: JsonValue }>((tie) => ({
  json: fc.oneof(
    { depthSize: 'small', maxDepth: 4 },
    scalar,
    fc.array(tie('json'), { maxLength: 3 }),
    fc.dictionary(name, tie('json'), { maxKeys: 3 }),
  ),
}));
const object = fc.dictionary(name, json, { minKeys: 1, maxKeys: 4 }) as fc.Arbitrary<JsonObject>;
const names = fc.array(name, { minLength: 1, maxLength: 3 });
const bound = fc.oneof(
  fc.constantFrom(0, 1, 1.5, -3, 1e21, 9007199254740992, 0.1),
  fc.constantFrom('2026-01-05T10:00:00.000Z', '2026-01-05T00:00:00.000Z').map((time) => new Date(time)),
);
const test: fc.Arbitrary<ValueTest> = fc.oneof(
  fc
    .array(fc.oneof(scalar as fc.Arbitrary<string>, text), { minLength: 1, maxLength: 2 })
    .map((values) => ({ is: 'equal', values }) as const),
  text.filter((prefix) => prefix !== '').map((prefix) => ({ is: 'begun', prefix }) as const),
  fc.record({ is: fc.constantFrom('gt', 'gte', 'lt', 'lte'), bound }) as fc.Arbitrary<ValueTest>,
  fc.constant({ is: 'present' } as const),
);
const tests = fc.array(test, { minLength: 1, maxLength: 2 });

function sample<Value>(arbitrary: fc.Arbitrary<Value>): readonly Value[] {
  return fc.sample(arbitrary, { numRuns: CASES, seed: 26 });
}

describe('the conditions of archives mean what PostgreSQL’s mean', () => {
  it('for a field at a path', async () => {
    const cases = sample(fc.tuple(object, names, tests)).map(([seen, path, anyOf]) => ({
      seen,
      path: fieldPath(path.join('.'), anyOf),
      found: hasField(seen, path, fieldTest(anyOf)),
    }));
    await expectSame(cases);
  });

  it('for a personal field, by the pointer of where it stood', async () => {
    const pointer = fc.array(name, { minLength: 1, maxLength: 3 }).map((steps) => {
      const escaped = steps.map((step) => step.replaceAll('~', '~0').replaceAll('/', '~1'));
      return `/details/${escaped.join('/')}`;
    });
    const personal = fc.dictionary(pointer, json, { minKeys: 1, maxKeys: 4 }) as fc.Arbitrary<JsonObject>;
    const cases = sample(fc.tuple(personal, names, tests)).flatMap(([seen, path, anyOf]) =>
      personalFieldPaths('details', path.join('.'), anyOf).map((each, nth, all) => ({
        seen,
        path,
        anyOf,
        each,
        nth,
        all,
      })),
    );
    const told = await answers(
      'one::jsonb @? other::jsonpath',
      cases.map(({ seen, each }) => [JSON.stringify(seen), each]),
    );
    const wrong = cases.filter(({ seen, path, anyOf, nth, all }, at) => {
      if (nth > 0) return false;
      const isFound = told.slice(at, at + all.length).includes(true);
      return isFound !== hasPersonalField(seen, 'details', path, fieldTest(anyOf));
    });
    expect(wrong.slice(0, 3)).toEqual([]);
    expect(told.filter((each) => each === true).length).toBeGreaterThan(CASES / 50);
  });

  it('for a word, in any case, or a number', async () => {
    const cases = sample(fc.tuple(object, word)).map(([seen, wanted]) => ({
      seen,
      path: wordPath(wanted),
      found: wordTest(wanted, 'unicode')(seen),
    }));
    await expectSame(cases);
    const inPersonal = sample(fc.tuple(object, word)).map(([seen, wanted]) => ({
      seen: { '/details/x': seen, '/metadata/x': 'x Y 1 1.5 är strasse x.y ^x$ 10% e' },
      path: personalWordPath('details', wanted),
      found: wordTest(wanted, 'unicode')(seen),
    }));
    await expectSame(inPersonal);
  });

  it('for what a text must hold before it is parsed: whatever is found, it holds', async () => {
    const fields = sample(fc.tuple(object, names, tests)).map(([seen, path, anyOf]) => ({
      seen,
      needles: fieldNeedles(path.join('.'), anyOf),
      found: hasField(seen, path, fieldTest(anyOf)),
    }));
    const holds = ({ seen, needles }: (typeof fields)[number]): boolean =>
      needles?.some((needle) => JSON.stringify(seen).includes(needle)) ?? true;
    expect(fields.filter((each) => each.found && !holds(each)).slice(0, 3)).toEqual([]);
    expect(fields.filter((each) => !holds(each)).length).toBeGreaterThan(CASES / 50);

    const pairs = sample(fc.tuple(object, word));
    const told = await answers(
      'one ~* other',
      pairs.map(([seen, wanted]) => [JSON.stringify(seen), wordPattern(wanted)]),
    );
    const hidden = pairs.filter(([seen, wanted], nth) => told[nth] !== true && wordTest(wanted, 'unicode')(seen));
    expect(hidden.slice(0, 3)).toEqual([]);
    expect(told.filter((each) => each === false).length).toBeGreaterThan(CASES / 50);
  });

  it('for a pointer of something that changed', async () => {
    const pointer = fc.constantFrom('/a', '/a/b', '/a/b/c', '/a~1b', '/ab', '/b');
    const entry = fc.oneof(
      fc.record({ path: fc.oneof(pointer, fc.constant(''), json), to: scalar }),
      fc.record({ to: scalar }),
      json,
    );
    const changes = fc.record({ diff: fc.oneof(fc.array(entry, { maxLength: 3 }), entry) }) as fc.Arbitrary<JsonObject>;
    const cases = sample(fc.tuple(changes, pointer)).map(([seen, wanted]) => ({
      seen,
      path: changedPath(wanted),
      found: hasChanged(seen, wanted),
    }));
    await expectSame(cases);
  });

  it('for an address and a network', async () => {
    const v4 = fc
      .tuple(fc.constantFrom(10, 192), fc.nat(3), fc.nat(3), fc.constantFrom(0, 7, 255))
      .map((parts) => parts.join('.'));
    const v6 = fc.constantFrom('2001:db8::7', '2001:db8:1::', '::1', 'fe80::1', '::ffff:a0:1');
    const network = fc.oneof(
      v4,
      v6,
      fc.tuple(v4, fc.nat(32)).map(([address, bits]) => `${address}/${bits}`),
      fc.tuple(v6, fc.nat(128)).map(([address, bits]) => `${address}/${bits}`),
    );
    const pairs = sample(fc.tuple(fc.oneof(v4, v6), network));
    const told = await answers('one::inet <<= other::inet', pairs);
    expect(pairs.map(([address, wanted]) => addressTest(wanted)(address))).toEqual(told);
    expect(told.filter((each) => each === true).length).toBeGreaterThan(CASES / 50);
  });

  it('for letters in two cases', async () => {
    const letters = fc.string({ unit: fc.constantFrom(...Array.from('aZäÖßçÉñøŁжΣ🦉0_')), maxLength: 8 });
    const pairs = sample(letters).map((each) => [each, ''] as const);
    expect(pairs.map(([each]) => toLowerCase(each, 'unicode'))).toEqual(await answers('lower(one)', pairs));
    const ascii = pairs.map(([each]) => toLowerCase(each, 'ascii'));
    expect(ascii).toEqual(await answers('lower(one COLLATE "C")', pairs));
  });
});
