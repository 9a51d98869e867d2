import { beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { Module } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { parse } from 'csv-parse/sync';
import { AuditModule, type AuditEvent } from '../../src/audit/index.js';
import { buildCatalogueFactRules } from '../../src/audit/nest-free.js';
import type { LedgerAccess } from '../../src/monitoring/read/access/ledger-access.js';
import { verifyExport } from '../../src/monitoring/read/export/verify-export.js';
import { MonitoringModule } from '../../src/monitoring/index.js';
import { buildTrust } from '../../src/monitoring/proof/verify/judge-checkpoint.js';
import { storeEvents } from '../support/stored-events.js';
import { keptApp, closeEach, testDatabase } from '../support/close-after-tests.js';
import { eventually } from '../support/eventually.js';
import { freshKeyFile } from '../support/fresh-key-file.js';
import { MAIN_ADAPTERS, listen } from '../support/http-app.js';
import { holdAgainstOcsf } from '../support/ocsf-schema.js';
import { sampleEvent } from '../support/sample-event.js';
import { runSql, withClient } from '../support/sql.js';
import { settled } from '../support/settled.js';

/** 23 MB exceed what a slow client's sockets and streams can hold. Linux keeps 4 MB for a sender, and more for a fast receiver. */
const LARGE_EVENTS = 400;
const LARGE_BYTES = 58_000;

const NASTY = '=HYPERLINK("x")\r\n,";\t\u2028 🦉 \\N \\. \\x41 {"a":"b"} \u007f';

function nastyEvents(): readonly AuditEvent[] {
  const details = {
    email: 'ada@example.com',
    nested: [{ text: NASTY, n: 1.5e-7, big: 12345678901234567000 }],
    '': null,
  };
  return [
    sampleEvent({ reason: NASTY, details, metadata: { '=x': NASTY, phone: '+49 123' } }),
    sampleEvent({ reason: '@formula', tenantId: 'other', actor: { type: 'system' }, details: {} }),
    sampleEvent({ reason: '', tenantId: '{"acme"}', details: { text: '$1 $2 \\' } }),
    ...Array.from({ length: 20 }, (_, nth) => sampleEvent({ tenantId: nth % 2 === 0 ? 'acme' : 'other' })),
  ];
}

const scenes = await closeEach(MAIN_ADAPTERS, async (adapter) => {
  const database = await testDatabase();
  const folder = await mkdtemp(join(tmpdir(), 'audit-export-'));
  const { url } = database;
  @Module({
    imports: [
      AuditModule.forRoot({}),
      ScheduleModule.forRoot(),
      MonitoringModule.forRootAsync({
        useFactory: () => ({
          connectionUrl: url,
          authorize: (request, permission) => {
            const { headers } = request as { readonly headers: Readonly<Record<string, string>> };
            const access = JSON.parse(headers['x-access'] ?? '{"scope":"all"}') as LedgerAccess;
            return (permission === 'export' || permission === 'read') && headers['x-refused'] === undefined && access;
          },
          signingKeyFile: freshKeyFile(),
          maxReadConnections: 1,
        }),
      }),
    ],
  })
  class ExportingModule {}
  const running = await keptApp(listen(ExportingModule, adapter));
  async function store(added: readonly AuditEvent[]): Promise<void> {
    const rules = buildCatalogueFactRules();
    await withClient(database.url, (client) => storeEvents(client, added, () => rules));
    await settled(database);
  }
  async function get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    return fetch(running.url + path, { headers });
  }
  /** The event of an export is in the ledger once it is sealed. */
  async function getSealed(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    await settled(database);
    return get(path, headers);
  }
  const events = nastyEvents();
  await store(events);
  const { keys } = (await (await get('/audit/keys')).json()) as { keys: { verifierKey: string }[] };
  const verifierKey = keys[0]?.verifierKey ?? '';
  return { database, running, folder, events, verifierKey, store, get, getSealed };
});

describe.each(scenes)(
  'GET /audit/export, on $adapter',
  ({ database, running, folder, events, verifierKey, store, get, getSealed }) => {
    async function taken(query: string) {
      const response = await get(`/audit/export?${query}`, { 'accept-encoding': 'identity' });
      expect(response.status).toBe(200);
      return { headers: response.headers, bytes: Buffer.from(await response.arrayBuffer()) };
    }

    async function exported(query: string): Promise<Buffer> {
      return (await taken(query)).bytes;
    }

    /** Exports, and verifies the bytes by their manifest. */
    async function verified(query: string) {
      const { headers, bytes } = await taken(query);
      const [id = '', treeSize = ''] = ['id', 'tree-size'].map((name) => String(headers.get(`audit-export-${name}`)));
      const manifest = await getSealed(`/audit/exports/${id}/manifest`);
      expect(manifest.headers.get('content-type')).toBe('text/plain; charset=utf-8');
      const file = join(folder, `${id}.export`);
      await writeFile(file, bytes);
      const verification = await verifyExport(file, await manifest.text(), buildTrust([verifierKey]));
      return { headers, bytes, id, treeSize, verification };
    }

    function readLines(bytes: Buffer): readonly Record<string, unknown>[] {
      const text = bytes.toString('utf8');
      expect(text.endsWith('\n')).toBe(true);
      return text
        .slice(0, -1)
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>); // a test sees if it is none
    }

    async function eventsOfExport(id: string): Promise<readonly Record<string, unknown>[]> {
      return runSql(
        database.url,
        `SELECT outcome, type, error, details FROM audit_event WHERE resource_type = 'audit_export' AND resource_id = $1 ORDER BY id`,
        [id],
      );
    }

    it('gives each sealed event as the API shows it, once, with a signed manifest of the bytes', async () => {
      const { headers, bytes, id, treeSize, verification } = await verified('type=order_created');
      expect([headers.get('content-type'), headers.get('cache-control')]).toEqual([
        'application/x-ndjson; charset=utf-8',
        'private, no-store',
      ]);
      expect(headers.get('content-disposition')).toBe(`attachment; filename="audit-${treeSize}.jsonl"`);
      const lines = readLines(bytes);
      expect(lines.map((line) => line.id)).toEqual(events.map((event) => event.id));
      for (const line of lines.slice(0, 4)) {
        expect(await (await get(`/audit/events/${String(line.id)}`)).json()).toMatchObject(line); // beside names, which are not sealed
      }
      expect(verification).toMatchObject({
        ...{ verdict: 'sound', findings: [] },
        manifest: {
          ...{ exportId: id, count: events.length, treeSize: Number(treeSize) },
          ...{ filters: { type: 'order_created' }, access: { scope: 'all' } },
        },
      });
      expect(await eventsOfExport(id)).toMatchObject([
        { outcome: 'attempted' },
        {
          outcome: 'success',
          type: 'audit_log_exported',
          details: { shown: events.length, format: 'jsonl', treeSize: Number(treeSize) },
        },
      ]);
    });

    it('gives each event of JSON Lines its proof for proofs=true, and refuses them in other formats', async () => {
      const query = 'type=order_created&proofs=true';
      const { bytes, treeSize, verification } = await verified(query);
      expect(verification).toMatchObject({
        ...{ verdict: 'sound', proven: events.length },
        manifest: { proofs: true, filters: { type: 'order_created' } },
      });
      const rest = await exported(`${query}&treeSize=${treeSize}&offset=1000`);
      expect(rest.equals(bytes.subarray(1_000))).toBe(true);
      const refused = await get('/audit/export?format=csv&proofs=true');
      expect([refused.status, await refused.text()]).toEqual([400, expect.stringContaining('proofs as csv')]);
    });

    it('gives CSV that a parser reads, in which no text is a formula', async () => {
      const rows: Record<string, string>[] = parse(await exported('format=csv&type=order_created'), { columns: true });
      expect(rows.map(({ id }) => id)).toEqual(events.map(({ id }) => id));
      expect(rows[0]?.reason).toBe(`'${events[0]?.reason}`);
      expect(rows[1]?.reason).toBe("'@formula");
      expect(JSON.parse(rows[0]?.details ?? '')).toEqual(events[0]?.details);
      for (const row of rows) {
        for (const cell of Object.values(row)) expect(cell).not.toMatch(/^[=+\-@\t\r]/);
      }
    });

    it('gives CSV a byte order mark for bom=true, which verify counts as content, and no other format', async () => {
      const query = 'format=csv&type=order_created';
      const { bytes, id, treeSize, verification } = await verified(`${query}&bom=true`);
      const plain = await exported(`${query}&treeSize=${treeSize}`);
      expect(bytes.equals(Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), plain]))).toBe(true);
      const rest = await exported(`${query}&bom=true&treeSize=${treeSize}&offset=2`);
      expect(rest.equals(bytes.subarray(2))).toBe(true);
      const rows: Record<string, string>[] = parse(bytes, { columns: true, bom: true });
      expect(rows.map((row) => row.id)).toEqual(events.map((event) => event.id));
      expect(verification).toMatchObject({ verdict: 'sound' });
      expect(await eventsOfExport(id)).toMatchObject([{ details: { bom: true } }, { details: { bom: true } }]);
      const refused = await get('/audit/export?bom=true');
      expect([refused.status, await refused.text()]).toEqual([400, expect.stringContaining('only CSV may have one')]);
    });

    it('gives OCSF and CloudEvents, a line an event', async () => {
      const ocsf = readLines(await exported('format=ocsf&type=order_created'));
      expect(ocsf.map(({ metadata }) => (metadata as { uid: string }).uid)).toEqual(events.map(({ id }) => id));
      const all = readLines(await exported('format=ocsf')); // with the events of exports that are sealed by now
      expect(all.flatMap((event) => holdAgainstOcsf(event).problems)).toEqual([]);
      const cloud = readLines(await exported('format=cloudevents&type=order_created'));
      expect(cloud.map(({ id }) => id)).toEqual(events.map(({ id }) => id));
      expect(cloud[0]).toMatchObject({
        ...{ specversion: '1.0', source: 'nestjs-audit-ledger.local/ledger', datacontenttype: 'application/json' },
        ...{ time: events[0]?.occurredAt, subject: 'order/o-1', data: { id: events[0]?.id } },
      });
    });

    it('is compressed on its way for who takes gzip, and as a file for who asks for one', async () => {
      const plain = await exported('type=order_created');
      const response = await get('/audit/export?type=order_created', { 'accept-encoding': 'gzip' });
      expect(response.headers.get('content-encoding')).toBe('gzip');
      expect(Buffer.from(await response.arrayBuffer()).equals(plain)).toBe(true);
      const file = await get('/audit/export?type=order_created&gzip=true', { 'accept-encoding': 'gzip' });
      expect([file.headers.get('content-encoding'), file.headers.get('content-type')]).toEqual([
        null,
        'application/gzip',
      ]);
      const zipped = Buffer.from(await file.arrayBuffer());
      expect(gunzipSync(zipped).equals(plain)).toBe(true);
      await writeFile(join(folder, 'events.gz'), zipped);
      const manifest = await (await getSealed(`/audit/exports/${file.headers.get('audit-export-id')}/manifest`)).text();
      const verifyZipped = () => verifyExport(join(folder, 'events.gz'), manifest, buildTrust([verifierKey]));
      expect(await verifyZipped()).toMatchObject({ verdict: 'sound' });
      zipped.writeUInt32LE(zipped.readUInt32LE(4) + 1, 4); // the time in its header: the same content, in as many bytes
      await writeFile(join(folder, 'events.gz'), zipped);
      expect(await verifyZipped()).toMatchObject({ verdict: 'tampered', findings: ['the file has another SHA-256'] });
      const other = gzipSync(gunzipSync(zipped), { level: 0 });
      await writeFile(join(folder, 'events.gz'), other);
      expect((await verifyZipped()).findings).toContain(`the file has ${other.length} bytes, not ${zipped.length}`);
    });

    it('resumes after any byte, with the same mark, while events arrive', async () => {
      const first = await get('/audit/export?format=csv', { 'accept-encoding': 'identity' });
      const treeSize = String(first.headers.get('audit-export-tree-size'));
      const whole = Buffer.from(await first.arrayBuffer());
      await store([sampleEvent()]);
      for (const offset of [0, 1, whole.length >> 1, whole.length - 1, whole.length]) {
        const rest = await exported(`format=csv&treeSize=${treeSize}&offset=${offset}`);
        expect(Buffer.concat([whole.subarray(0, offset), rest]).equals(whole)).toBe(true);
      }
      expect((await get(`/audit/export?format=csv&treeSize=${treeSize}&offset=${whole.length + 1}`)).status).toBe(400);
      expect((await get('/audit/export?treeSize=999999')).status).toBe(400);
    });

    it('gives an auditor of a tenant what is of this tenant, whatever is asked for', async () => {
      for (const tenant of ['acme', '{"acme"}']) {
        const access = JSON.stringify({ scope: 'tenants', tenantIds: [tenant] });
        for (const query of ['tenantId=other', 'format=csv', 'type=order_created']) {
          const response = await get(`/audit/export?${query}`, { 'x-access': access });
          expect(response.status).toBe(200);
          const text = await response.text();
          const seen = events.filter(({ id }) => text.includes(id)).map(({ tenantId }) => tenantId);
          expect(seen.filter((tenantId) => tenantId !== tenant)).toEqual([]);
          if (query === 'type=order_created') {
            expect(seen).toHaveLength(events.filter(({ tenantId }) => tenantId === tenant).length);
          }
          const manifest = `/audit/exports/${response.headers.get('audit-export-id')}/manifest`;
          expect((await getSealed(manifest, { 'x-access': access })).status).toBe(200);
          const other = JSON.stringify({ scope: 'tenants', tenantIds: [tenant, 'other'] });
          expect((await getSealed(manifest, { 'x-access': other })).status).toBe(404);
        }
      }
    });

    it('signs no manifest of an export whose filters were erased', async () => {
      const response = await get('/audit/export?q=ada@example.com');
      await response.arrayBuffer();
      const manifest = `/audit/exports/${response.headers.get('audit-export-id')}/manifest`;
      expect(await (await getSealed(manifest)).text()).toContain('"q":"ada@example.com"');
      await runSql(
        database.superuserUrl,
        `SELECT audit_erase(array_agg(id)) FROM audit_event WHERE personal::text LIKE '%ada@example.com%'`,
      );
      expect((await getSealed(manifest)).status).toBe(404);
    });

    it('is refused where authorize refuses, which is an event', async () => {
      expect((await get('/audit/export', { 'x-refused': 'yes' })).status).toBe(403);
      await eventually(async () => {
        const denied = await runSql(
          database.url,
          `SELECT FROM audit_event WHERE action = 'audit_log_exported' AND outcome = 'denied'`,
        );
        return denied.length === 1;
      });
    });

    it.each([
      'format=xml',
      'gzip=maybe',
      'treeSize=-1',
      'offset=1.5',
      'cursor=x',
      '__proto__=1',
      'from=2026-02-01&to=2026-01-01',
    ])('answers 400 to %s', async (query) => {
      expect((await get(`/audit/export?${query}`)).status).toBe(400);
    });

    describe('of more than fits between the ledger and its reader', () => {
      beforeAll(async () => {
        const text = (): string => randomBytes(LARGE_BYTES / 2).toString('hex');
        await store(
          Array.from({ length: LARGE_EVENTS }, () => sampleEvent({ type: 'huge', details: { text: text() } })),
        );
      });

      async function begin(): Promise<IncomingMessage> {
        return new Promise((resolve, reject) => {
          httpRequest(`${running.url}/audit/export?type=huge`, resolve).on('error', reject).end();
        });
      }

      async function sessions(): Promise<readonly Record<string, unknown>[]> {
        return runSql(
          database.superuserUrl,
          `SELECT pid FROM pg_stat_activity WHERE application_name = 'nestjs-audit-ledger export' AND datname = current_database()`,
        );
      }

      it('waits for its reader, and ends with who leaves, as a partial export', async () => {
        const response = await begin();
        expect(await sessions()).toHaveLength(1);
        response.destroy();
        await eventually(async () => (await sessions()).length === 0);
        const id = String(response.headers['audit-export-id']);
        const [, end] = await eventually(async () => {
          const reported = await eventsOfExport(id);
          return reported.length === 2 && reported;
        });
        expect(end).toMatchObject({ outcome: 'partial' });
        expect((end?.details as { shown: number }).shown).toBeLessThan(LARGE_EVENTS);
        expect((await getSealed(`/audit/exports/${id}/manifest`)).status).toBe(404);
      });

      it('breaks off, and is not a whole file, when its connection to the ledger breaks', async () => {
        const response = await begin();
        const [session] = await sessions();
        await runSql(database.superuserUrl, 'SELECT pg_terminate_backend($1)', [session?.pid]);
        await expect(response.toArray()).rejects.toThrow();
        const id = String(response.headers['audit-export-id']);
        const [, end] = await eventually(async () => {
          const reported = await eventsOfExport(id);
          return reported.length === 2 && reported;
        });
        expect(end).toMatchObject({ outcome: 'partial', error: { code: 'AUDIT_LEDGER_UNAVAILABLE' } });
      });

      it('is served to four at once, and 503 to a fifth, until one is done', async () => {
        const four = await Promise.all([begin(), begin(), begin(), begin()]);
        const refused = await get('/audit/export?type=huge');
        expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([503, 'AUDIT_BUSY']);
        for (const response of four) response.destroy();
        await eventually(async () => (await sessions()).length === 0);
        expect(readLines(await exported('type=huge'))).toHaveLength(LARGE_EVENTS);
      });
    });
  },
);
