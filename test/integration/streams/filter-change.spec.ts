import { describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DestinationOptions, StreamFilter } from '../../../src/extensions/streams/index.js';
import { freshKeyFile, tempFolder, testDatabase } from '../../support/index.js';
import { verifyCopyAt } from '../../support/verified-copy.js';
import { addSealed, passed, startStreamApp } from '../../support/stream-app.js';

interface BatchHead {
  readonly id: string;
  readonly selection: { readonly filter: unknown };
}
const keyFile = freshKeyFile();
const FILTERS = [{ severity: 'critical' }, { severity: 'error' }, {}] as const;

const database = await testDatabase();
const folder = await tempFolder('audit-filters-');

async function runWith(filter: StreamFilter, events: number, destination: DestinationOptions<'file'>): Promise<void> {
  const name = destination.format ?? 'batch';
  const app = await startStreamApp(database, keyFile, [{ name, filter, destination, personal: 'omit' }]);
  try {
    await addSealed(database, events);
    await passed(database, name);
  } finally {
    await app.close();
  }
}

async function readLines(path: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>); // the stream writes objects
}

describe('a stream whose filter changes', () => {
  it('closes the places where the filter before selected nothing, so that the copy is proven', async () => {
    const path = join(folder, 'batches.jsonl');
    const destination = { type: 'file', path } as const;
    for (const filter of FILTERS) await runWith(filter, 10, destination);

    const lines = await readLines(path);
    const heads = lines.flatMap(({ batch }) => (typeof batch === 'object' ? [batch as BatchHead] : []));
    const empty = heads.filter(({ id }) => !lines.some(({ batch }) => batch === id));
    expect(empty.map(({ selection }) => selection.filter)).toEqual([{ severity: 'critical' }, { severity: 'error' }]);
    const found = await verifyCopyAt(database.url, path);
    expect(found).toMatchObject({ verdict: 'sound', findings: [], exitCode: 0 });

    const [row] = await database.sql('SELECT max(index)::int AS newest FROM audit_leaf');
    expect([found.ranges[0]?.first, found.ranges.at(-1)?.last]).toEqual([0, row?.newest]);
    expect(found.ranges.map(({ selection }) => selection.filter)).toEqual(FILTERS);
  });

  it('writes nothing more where a destination gets events alone', async () => {
    const path = join(folder, 'events.jsonl');
    const destination = { type: 'file', path, format: 'ecs' } as const;
    await runWith({ severity: 'critical' }, 5, destination);
    await runWith({}, 5, destination);
    const lines = await readLines(path);
    expect(lines.length).toBeGreaterThanOrEqual(5);
    expect(lines.every((line) => '@timestamp' in line)).toBe(true);
  });
});
