import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { run } from '../../src/cli/run-command.js';
import { runSql } from '../support/sql.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const UNKNOWN = '019a0000-0000-7000-8000-000000000000';

let database: TestDatabase;
let empty: TestDatabase;
let folder: string;

beforeAll(async () => {
  [database, empty] = [await createTestDatabase(), await createTestDatabase({ empty: true })];
  folder = await mkdtemp(join(tmpdir(), 'audit-calls-'));
  await runSql(database.url, 'CREATE TABLE rate (id int PRIMARY KEY, cents int); CREATE VIEW rates AS TABLE rate');
  await runSql(empty.url, 'CREATE TABLE rate (id int PRIMARY KEY)');
  const typeorm = JSON.stringify(import.meta.resolve('typeorm'));
  const source = (url: string) =>
    `import { DataSource } from ${typeorm};\nexport default new DataSource({ type: 'postgres', url: ${JSON.stringify(url)} });\n`;
  const files: Readonly<Record<string, string>> = {
    'source.mjs': source(database.url),
    'empty.mjs': source(empty.url),
    'nothing.mjs': 'export const answer = 42;\n',
    'throws.mjs': `throw new Error('no settings');\n`,
    'none.json': '{}',
    'broken.json': '{ "public.rate": ',
    'list.json': '[]',
    'bare.json': '{ "rate": {} }',
    'rule.json': '{ "public.rate": { "ignor": ["cents"] } }',
    'type.json': '{ "public.rate": { "redact": "cents" } }',
    'column.json': '{ "public.rate": { "redact": ["cent"] } }',
    'key.json': '{ "public.rate": { "ignore": ["id"] } }',
    'gone.json': '{ "public.nothing": {} }',
    'view.json': '{ "public.rates": {} }',
    'good.json': '{ "public.rate": {} }',
    'truncate.json': '{ "public.rate": { "truncate": "maybe" } }',
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
});
afterAll(async () => {
  await rm(folder, { recursive: true });
  await database.drop();
  await empty.drop();
});

const file = (name: string): string => join(folder, name);
const given = (source: string, tables: string): readonly string[] => [
  '--data-source',
  file(source),
  '--tables',
  file(tables),
];

/** What the command says instead of doing anything, with exit code 2. */
async function said(args: readonly string[]): Promise<string> {
  const { exitCode, output, errors } = await run(['capture', ...args]);
  expect([exitCode, output]).toEqual([2, undefined]);
  expect(errors).not.toMatch(/at .*\.ts:|TypeError|SyntaxError|undefined|\[object/);
  return String(errors);
}

describe.each(['generate', 'check', 'baseline'])('capture %s', (what) => {
  it.each([
    ['no data source', () => [], /--data-source is missing/],
    ['an option that is misspelt', () => ['--data-sorce', 'x'], /did you mean --data-source/],
    ['a data source that is not there', () => given('absent.mjs', 'good.json'), /absent\.mjs/],
    ['a file without a data source', () => given('nothing.mjs', 'good.json'), /nothing\.mjs/],
    ['a file that throws', () => given('throws.mjs', 'good.json'), /no settings/],
    ['a database without a ledger', () => given('empty.mjs', 'good.json'), /holds no ledger/],
    ['tables in a file that is not there', () => given('source.mjs', 'absent.json'), /absent\.json: it does not exist/],
    ['tables that are not JSON', () => given('source.mjs', 'broken.json'), /broken\.json is not JSON/],
    ['tables that are a list', () => given('source.mjs', 'list.json'), /must be an object/],
    ['no table at all', () => given('source.mjs', 'none.json'), /no table is named/],
    ['a table without its schema', () => given('source.mjs', 'bare.json'), /write it as schema\.table/],
    ['an unknown rule', () => given('source.mjs', 'rule.json'), /ignor\b/],
    ['a rule of another type', () => given('source.mjs', 'type.json'), /redact/],
    ['another word for truncate', () => given('source.mjs', 'truncate.json'), /truncate/],
    ['an unknown column', () => given('source.mjs', 'column.json'), /no column cent, .*did you mean cents/],
    ['a key that is ignored', () => given('source.mjs', 'key.json'), /ignores id, which is part of its key/],
    ['a table that is not there', () => given('source.mjs', 'gone.json'), /no table public\.nothing/],
    ['a view', () => given('source.mjs', 'view.json'), /public\.rates is not a table/],
    [
      'a schema without a ledger',
      () => [...given('source.mjs', 'good.json'), '--schema', 'nowhere'],
      /nowhere|no ledger/,
    ],
  ])('says what is wrong with %s', async (_name, args, problem) => {
    expect(await said([what, ...args()])).toMatch(problem);
  });
});

describe('capture', () => {
  it.each([
    ['an unknown command', ['generat'], /generate/],
    ['a script and a folder at once', ['generate', '--data-source', 'x', '--sql', '--out', 'y'], /--sql and --out/],
    [
      'reconcile of a table that is not captured',
      ['reconcile', '--table', 'rate', '--database-url', 'DATABASE'],
      /Cannot reconcile rate: not captured/,
    ],
    ['reconcile of no ledger', ['reconcile', '--database-url', 'EMPTY'], /ledger/],
    [
      'reconcile of an address that is none',
      ['reconcile', '--database-url', 'localhost'],
      /is not a PostgreSQL address/,
    ],
    ['revert of no event', ['revert', '--dry-run', '--database-url', 'DATABASE'], /--event must be the id/],
    [
      'revert of an unknown event',
      ['revert', '--event', UNKNOWN, '--dry-run', '--database-url', 'DATABASE'],
      /the ledger lacks it/,
    ],
    ['revert without a reason', ['revert', '--event', UNKNOWN, '--database-url', 'DATABASE'], /--reason is missing/],
    [
      'revert with a key file that is not there',
      ['revert', '--event', UNKNOWN, '--reason', 'r', '--context-key', '/nowhere.key', '--database-url', 'DATABASE'],
      /nowhere\.key/,
    ],
  ])('says what is wrong with %s', async (_name, args, problem) => {
    const urls: Readonly<Record<string, string>> = { DATABASE: database.url, EMPTY: empty.url };
    expect(await said(args.map((arg) => urls[arg] ?? arg))).toMatch(problem);
  });
});
