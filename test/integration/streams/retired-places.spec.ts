import { describe, expect, it } from '@jest/globals';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { StreamOptions } from '../../../src/extensions/streams/index.js';
import { CheckpointSigner } from '../../../src/monitoring/proof/signing/checkpoint-signer.service.js';
import { readStatement } from '../../../src/monitoring/proof/log/notes/statement.js';
import type { RetiredRecord } from '../../../src/extensions/streams/stream-destination.js';
import { makeArchivedScene } from '../../support/archived-scene.js';
import { eventually, closeAfterTests, ORIGIN, tempFolder } from '../../support/index.js';
import { verifyCopyAt } from '../../support/verified-copy.js';
import { passed, startStreamApp } from '../../support/stream-app.js';

const NAMES = ['whole', 'payments'] as const;

const scene = await closeAfterTests(makeArchivedScene());
await scene.retire();
await scene.seal();
const folder = await tempFolder('audit-retired-');
const streams = [stream('whole'), stream('payments', { filter: { category: 'payment' } })];
const app = await closeAfterTests(startStreamApp(scene.database, scene.keyFile, streams, { origin: ORIGIN }));
const enrolled = 'SELECT count(*)::int AS streams FROM audit_consumer';
await eventually(async () => (await scene.database.sql(enrolled))[0]?.streams === NAMES.length);
await scene.seal(); // the scene's own sequencer leads
for (const name of NAMES) await passed(scene.database, name);

function getFolderPath(name: string): string {
  return join(folder, name, 'events.jsonl');
}

function stream(name: string, options: Partial<StreamOptions> = {}): StreamOptions {
  return {
    name,
    destination: { type: 'file', path: getFolderPath(name) },
    personal: 'include',
    batch: { maxEvents: 5 },
    ...options,
  };
}

async function readRecords(name: string): Promise<readonly RetiredRecord[]> {
  const lines = (await readFile(getFolderPath(name), 'utf8')).trimEnd().split('\n');
  return lines.flatMap(
    (line) => (JSON.parse(line) as { batch: { retired?: readonly RetiredRecord[] } }).batch.retired ?? [],
  );
}

describe('a stream that begins behind the retention', () => {
  it.each(NAMES)('names every retired place with the act that retired it (%s)', async (name) => {
    const records = await readRecords(name);
    const { trust } = app.app.get(CheckpointSigner);
    for (const { note, ...record } of records) {
      expect(readStatement(note, 'retired', trust)).toEqual({ ...record, stream: name });
    }
    const gone = await scene.database.superuserSql(
      'SELECT index::int FROM audit_leaf WHERE NOT EXISTS (SELECT FROM audit_event WHERE id = event_id) ORDER BY index',
    );
    expect(gone.length).toBeGreaterThan(0);
    expect(
      records.flatMap(({ first, last }) => Array.from({ length: last - first + 1 }, (_, nth) => first + nth)),
    ).toEqual(gone.map(({ index }) => index));
    const acts = await scene.database.superuserSql(`SELECT event_id::text AS id FROM audit_retirement`);
    expect(new Set(records.map(({ event }) => event))).toEqual(new Set(acts.map(({ id }) => id)));
  });

  it.each(NAMES)('has a sound copy (%s)', async (name) => {
    const found = await verifyCopyAt(scene.database.url, getFolderPath(name));
    expect(found).toMatchObject({ verdict: 'sound', findings: [] });
    expect(found.retired).toBeGreaterThan(0);
  });

  it('has a copy that is refuted when a record of retired places is changed', async () => {
    const changed = join(folder, 'changed.jsonl');
    const text = await readFile(getFolderPath('whole'), 'utf8');
    await writeFile(changed, text.replace(/"retired":\[\{"event":"[0-9a-f]/, '"retired":[{"event":"f'));
    const { findings } = await verifyCopyAt(scene.database.url, changed);
    expect(findings).toContainEqual(expect.stringContaining('is not as a key of the ledger signed it'));
  });
});
