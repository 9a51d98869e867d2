import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { verifyLedger } from '../../src/monitoring/proof/verify/verify-ledger.js';
import type { LedgerEvent } from '../../src/monitoring/read/query/ledger-event.js';
import { CheckpointSigner } from '../../src/monitoring/proof/signing/checkpoint-signer.service.js';
import { formatLine, STREAM_FORMATS } from '../../src/extensions/streams/formats/stream-format.js';
import { StreamsModule } from '../../src/extensions/streams/index.js';
import { AuditViewerModule } from '../../src/extensions/viewer/index.js';
import { AlertsModule } from '../../src/extensions/alerts/index.js';
import {
  ApiClient,
  eventually,
  closeAfterTests,
  keptApp,
  settled,
  tempFolder,
  testDatabase,
} from '../support/index.js';
import { startLedgerApp } from '../support/ledger-app.js';
import { FORGED, RowForger } from '../support/row-forger.js';
import { runs } from '../support/whole.js';

/** A file stream takes these formats; CEF lines are for syslog. */
const FILED = STREAM_FORMATS.filter((format) => format !== 'cef');

const database = await testDatabase();
const folder = await tempFolder('hostile-rows-');
const streams = FILED.map((format) => ({
  name: format,
  destination: { type: 'file', path: join(folder, format), format } as const,
  personal: 'include' as const,
}));
const extensions = [
  StreamsModule.forRoot({ streams }),
  AlertsModule.forRoot({}),
  AuditViewerModule.forRoot({ shell: 'public' }),
];
const { app, url } = await keptApp(startLedgerApp(database.url, { extensions }));
const client = new ApiClient(url);
const forger = await closeAfterTests(RowForger.open(database));

async function placed(ids: readonly string[]): Promise<readonly unknown[]> {
  return database.sql(`SELECT index FROM audit_leaf WHERE event_id = ANY ('{${ids.join(',')}}')`);
}

async function verify(): ReturnType<typeof verifyLedger> {
  return verifyLedger({ database: database.url, trust: app.get(CheckpointSigner).trust });
}

/** Resolves with the answer, and fails for an error of the server. */
async function poll(path: string): Promise<string> {
  const response = await fetch(url + path);
  const text = await response.text();
  if (response.status >= 500) throw new Error(`${path}: ${response.status} ${text}`);
  return text;
}

async function expectEachReadable(ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    const all = '?include=related&include=proof&include=salt&include=gaps&include=matched&neighbours=3';
    for (const part of [all, '/proof?salt=true']) await poll(`/audit/events/${id}${part}`);
    await poll(`/audit/events?relatedTo=${id}`);
  }
}

async function expectLedgerReadable(right: readonly string[], wrong: readonly string[]): Promise<void> {
  const all = [...right, ...wrong];
  const seen: string[] = [];
  for (let cursor = ''; ;) {
    const { status, body } = await client.send<{ items: readonly { id: string }[]; nextCursor: string | null }>(
      'GET',
      `/audit/events?limit=100${cursor}`,
    );
    expect(status).toBe(200);
    seen.push(...body.items.map(({ id }) => id));
    if (body.nextCursor === null) break;
    cursor = `&cursor=${body.nextCursor}`;
  }
  expect(seen).toEqual(expect.arrayContaining(all));
  for (const page of [
    'stats',
    'stats/overview',
    'erasures',
    'holds',
    'gaps',
    'state',
    'sample?size=50',
    'values?field=type',
    'export?format=csv&details.a=1',
    'events?q=order&limit=200',
    'events?details.table=x',
    'resources/order/o-1?show=events&show=state&show=blame',
    'actors/u-1/profile',
    'subjects/u-1/report',
  ])
    await poll(`/audit/${page}`);
  for (const format of ['jsonl', 'csv', 'ocsf', 'cloudevents']) {
    const text = await poll(`/audit/export?format=${format}`);
    expect(all.filter((id) => text.includes(id))).toEqual(right); // what has no place is not exported
  }
  const proven = await poll('/audit/export?format=jsonl&proofs=true');
  expect(right.filter((id) => !proven.includes(id))).toEqual([]);
  const [size] = await database.sql('SELECT max(size)::int AS size FROM audit_checkpoint');
  const places = Number(size?.size);
  for (let tile = 0; tile * 256 < places; tile++) {
    const width = Math.min(256, places - tile * 256);
    await poll(`/audit/tile/entries/${toTilePath(tile)}${width < 256 ? `.p/${width}` : ''}`);
  }
}

async function expectStreamed(right: readonly string[]): Promise<void> {
  for (const id of right) {
    const { body: event } = await client.send<LedgerEvent & { index: number }>('GET', `/audit/events/${id}`);
    const streamed = { id, event, index: event.index, leafHash: '' };
    expect(formatLine('cef', streamed, { origin: 'log.example/ledger', version: '1' })).toContain(id);
  }
  await eventually(async () => {
    const files = await Promise.all(FILED.map((format) => readFile(join(folder, format), 'utf8').catch(() => '')));
    return files.every((text) => right.every((id) => text.includes(id)));
  });
  const [end] = await database.sql('SELECT max(index)::int AS last FROM audit_leaf');
  await eventually(async () => {
    const [consumer] = await database.sql(`SELECT position::int AS place FROM audit_consumer WHERE name = 'alerts'`);
    return Number(consumer?.place) >= Number(end?.last);
  });
  await eventually(async () => {
    const { body } = await client.send<{ parts: readonly { name: string; status: string }[] }>('GET', '/audit/state');
    const parts = new Map(body.parts.map(({ name, status }) => [name, status]));
    return parts.get('consumers') === 'ok';
  });
}

function toTilePath(tile: number): string {
  return String(tile).padStart(3, '0');
}

/** Few random rows are events that an application may record. */
const PLAIN = [true, false].map((isLeafRight) => ({ columns: {}, isLeafRight, isCommitmentRight: true }));

describe('Hostile events, and rows that somebody inserted past the sealer', () => {
  it('leave the rest of the ledger readable and proven, and the rows get no place', async () => {
    const stored: Readonly<Record<'right' | 'wrong', string[]>> = { right: [], wrong: [] };
    await fc.assert(
      fc.asyncProperty(fc.array(FORGED, { minLength: 15, maxLength: 20 }), async (forged) => {
        const rows: Awaited<ReturnType<RowForger['finish']>>[] = [];
        for (const each of [...forged, ...PLAIN]) rows.push(await forger.finish(each));
        for (const row of rows) await forger.insert(row);
        await settled(database);
        const right = rows.filter(({ line }) => line !== undefined).map(({ id }) => id);
        const wrong = rows.filter(({ line }) => line === undefined).map(({ id }) => id);
        expect([right, wrong].map(({ length }) => length > 0)).toEqual([true, true]);
        expect((await placed(wrong)).length).toBe(0);
        expect((await placed(right)).length).toBe(right.length);
        const { findings } = await verify();
        const named = findings.filter(
          ({ eventId }) => right.includes(String(eventId)) || wrong.includes(String(eventId)),
        );
        expect(named.map(({ eventId }) => eventId).toSorted()).toEqual(wrong.toSorted());
        for (const { kind } of named) expect(kind).toMatch(/^event_(inserted|unreadable)$/);
        await expectEachReadable([...right, ...wrong]);
        stored.right.push(...right);
        stored.wrong.push(...wrong);
      }),
      { numRuns: runs(5), endOnFailure: true },
    );
    await expectLedgerReadable(stored.right, stored.wrong);
    await expectStreamed(stored.right);
    const [neighbour] = await database.sql('SELECT event_id AS id FROM audit_leaf ORDER BY index LIMIT 1');
    const forge = `SET session_replication_role = 'replica'; UPDATE audit_event SET category = 'forged' WHERE id = '${String(neighbour?.id)}'`;
    await database.superuserSql(forge);
    expect((await verify()).findings).toContainEqual(
      expect.objectContaining({ kind: 'event_altered', eventId: neighbour?.id }),
    );
  });
});
