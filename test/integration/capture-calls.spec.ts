import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { run } from '../../src/cli/run-command.js';
import { runSql } from '../support/sql.js';
import { testDatabase } from '../support/kept.js';

const UNKNOWN = '019a0000-0000-7000-8000-000000000000';

const database = await testDatabase();
const empty = await testDatabase({ empty: true });
const folder = await mkdtemp(join(tmpdir(), 'audit-calls-'));
await runSql(database.url, 'CREATE TABLE rate (id int PRIMARY KEY, cents int); CREATE VIEW rates AS TABLE rate');
await runSql(empty.url, 'CREATE TABLE rate (id int PRIMARY KEY)');
const typeorm = JSON.stringify(import.meta.resolve('typeorm'));
const source = (url: string) =>
  `import { DataSource } from ${typeorm};\nexport default new DataSource({ type: 'postgres', url: ${JSON.stringify(url)} });\n`;
const files: Readonly<Record<string, string>> = {
  'source.mjs': source(database.url),
  'empty.mjs': source(empty.url),
  'throws.mjs': `throw new Error('no settings');\n`,
  'broken.json': '{ "public.rate": ',
  'bare.json': '{ "rate": {} }',
  'rule.json': '{ "public.rate": { "ignor": ["cents"] } }',
  'column.json': '{ "public.rate": { "redact": ["cent"] } }',
  'key.json': '{ "public.rate": { "ignore": ["id"] } }',
  'view.json': '{ "public.rates": {} }',
  'good.json': '{ "public.rate": {} }',
};
for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);

const file = (name: string): string => join(folder, name);
const given = (source: string, tables: string): readonly string[] => [
  '--data-source',
  file(source),
  '--tables',
  file(tables),
];

async function said(args: readonly string[]): Promise<string> {
  const { exitCode, output, errors } = await run(['capture', ...args]);
  expect([exitCode, output]).toEqual([2, undefined]);
  expect(errors).not.toMatch(/at .*\.ts:|TypeError|SyntaxError|undefined|\[object/);
  return String(errors);
}

describe.each(['generate', 'check', 'baseline'])('capture %s', (what) => {
  it.each([
    ['no data source and no tables', () => [], /--data-source or --tables is missing/],
    ['a data source that is not there', () => given('absent.mjs', 'good.json'), /absent\.mjs/],
    ['a file that throws', () => given('throws.mjs', 'good.json'), /no settings/],
    ['a database without a ledger', () => given('empty.mjs', 'good.json'), /lacks the ledger's tables/],
    ['tables in a file that is not there', () => given('source.mjs', 'absent.json'), /absent\.json: it does not exist/],
    ['tables that are not JSON', () => given('source.mjs', 'broken.json'), /broken\.json.* not JSON/],
    ['a table without its schema', () => given('source.mjs', 'bare.json'), /write it as schema\.table/],
    ['an unknown rule', () => given('source.mjs', 'rule.json'), /ignor\b/],
    ['an unknown column', () => given('source.mjs', 'column.json'), /the column cent of .*did you mean cents/],
    ['a key that is ignored', () => given('source.mjs', 'key.json'), /ignores id, which is part of its key/],
    ['a view', () => given('source.mjs', 'view.json'), /public\.rates is not a table/],
    [
      'a schema without a ledger',
      () => [...given('source.mjs', 'good.json'), '--schema', 'nowhere'],
      /nowhere|lacks the ledger/,
    ],
  ])('says what is wrong with %s', async (_name, args, problem) => {
    expect(await said([what, ...args()])).toMatch(problem);
  });
});

it.each([
  ['a migration without a data source', ['generate', '--tables', file('good.json')], /--sql is missing/],
  ['a script and a folder at once', ['generate', '--data-source', 'x', '--sql', '--output', 'y'], /--sql and --output/],
  [
    'reconcile of a table that is not captured',
    ['reconcile', '--table', 'rate', '--database-url', 'DATABASE'],
    /Cannot reconcile rate: not captured/,
  ],
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
])('capture says what is wrong with %s', async (_name, args, problem) => {
  expect(await said(args.map((arg) => (arg === 'DATABASE' ? database.url : arg)))).toMatch(problem);
});
