import { appendFile, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { CountedFailures } from '../flood-counter.js';
import { FloodCounts, countsIn } from './flood-counts.js';
import { SpillLines } from './spill-line.js';
import { WriterKeys } from '../../writer-keys.js';
import { tempFolder } from '../../../../test/support/temp-folder.js';

const KEY = 'a key of the tests that has 32 characters or more';

let folder: string;
let lines: SpillLines;
let record: FloodCounts;

beforeEach(async () => {
  folder = await tempFolder('audit-counts-');
  lines = new SpillLines(new WriterKeys([KEY]));
  record = new FloodCounts(folder, lines);
});
afterEach(() => record.close());

const count = (id: string, events: number, more: object = {}): CountedFailures => ({
  id,
  source: { kind: 'ip', ip: '203.0.113.9' },
  events,
  firstAt: '2026-01-01T00:00:00.000Z',
  lastAt: '2026-01-01T00:00:01.000Z',
  types: { user_login_failed: events },
  tenantId: undefined,
  ...more,
});

async function found(): Promise<Readonly<Record<string, number>>> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.counted'));
  const counts = await Promise.all(names.map(async (name) => countsIn(await readFile(join(folder, name)), lines)));
  return Object.fromEntries(counts.flat().map(({ id, events }) => [id, events]));
}

it('a line that a power cut tore, or that was not signed with the key, counts nothing', async () => {
  await record.keep(count('a', 4));
  const foreign = new SpillLines(new WriterKeys(['another key that has 32 characters, too']));
  const path = record.path ?? '';
  await appendFile(path, foreign.encode('counted failures', { a: null, b: count('b', 9) }));
  await appendFile(path, lines.encode('counted failures', { a: count('a', 5) }).slice(0, -20));
  expect(await found()).toEqual({ a: 4 });
});

it('a long flood does not grow the file without bound', async () => {
  const types = Object.fromEntries(Array.from({ length: 30 }, (_, nth) => [`event_type_with_a_name_${nth}`.padEnd(120, 'x'), nth]));
  const first = record.keep(count('a', 1, { types }));
  await first;
  const path = record.path;
  let kept = 1;
  while (record.path === path) await record.keep(count('a', ++kept, { types }));
  expect(kept).toBeLessThan(1_000);
  expect(await found()).toEqual({ a: kept });
  expect(await readdir(folder)).toHaveLength(1);
}); // prettier-ignore

it('what a process left is taken over once, and stays on disk until its event is stored', async () => {
  await record.keep(count('a', 6));
  await record.close();
  const next = new FloodCounts(folder, lines);
  const other = new FloodCounts(folder, lines);
  const taken = (await Promise.all([next.takeOver(), other.takeOver()])).flat();
  expect(taken).toMatchObject([{ id: 'a', events: 6 }]);
  expect(await found()).toEqual({ a: 6 });
  await Promise.all([next.forget('a'), other.forget('a')]);
  expect(await readdir(folder)).toEqual([]);
});
