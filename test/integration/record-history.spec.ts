import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { AuditAggregator, AuditProvider, type AuditEvent, type JsonObject } from '../../src/audit/index.js';
import { InMemoryAuditProvider } from '../../src/audit/testing/index.js';
import {
  AuditPrivacy,
  type EventPage,
  type LedgerAccess,
  type RecordBlame,
  type RecordState,
} from '../../src/monitoring/index.js';
import { CaptureWatch } from '../../src/extensions/row-changes/attest/capture-watch.service.js';
import { command as captureRevert } from '../../src/extensions/row-changes/commands/capture-revert.command.js';
import { RowChangesModule } from '../../src/extensions/row-changes/index.js';
import { eventually, idAt, keptApp, recordSealed, sampleEvent, tempFolder, testDatabase } from '../support/index.js';
import { accessOfHeader, startLedgerApp } from '../support/ledger-app.js';
import { captureTables } from '../support/row-changes-scene.js';
import { drained } from '../support/settled.js';

const ALL = { scope: 'all' } as const;
const START = Date.parse('2026-10-05T08:00:00.000Z');
const minute = (count: number): string => new Date(START + count * 60_000).toISOString();

interface Change {
  readonly id: string;
  readonly before?: JsonObject;
  readonly after?: JsonObject;
  readonly fields?: Partial<AuditEvent>;
  readonly details?: JsonObject;
  readonly resource?: string;
}

function toChange({ id, before, after, fields, details, resource = 'parcel' }: Change, count: number): AuditEvent {
  const [type, operation] = before
    ? after
      ? (['row_updated', 'UPDATE'] as const)
      : (['row_deleted', 'DELETE'] as const)
    : (['row_inserted', 'INSERT'] as const);
  const names = Object.keys({ ...before, ...after });
  const diff = names
    .filter((name) => before && after && JSON.stringify(before[name]) !== JSON.stringify(after[name]))
    .map((name) => ({ path: `/${name}`, from: before?.[name] ?? null, to: after?.[name] ?? null }));
  return sampleEvent({
    id: idAt(minute(count)),
    occurredAt: minute(count),
    type,
    action: 'row_change',
    category: 'data_change',
    actor: { type: 'user', id: 'ada' },
    tenantId: 'acme',
    resource: { type: resource, id },
    changes: { ...(before && { before }), ...(after && { after }), diff },
    details: { schema: 'public', table: resource, operation, ...details },
    ...fields,
  });
}
const memory = new InMemoryAuditProvider();

@AuditProvider({ backend: 'broken' })
class BrokenProvider {
  record(): Promise<void> {
    return Promise.reject(new Error('out of order'));
  }
}

const TENANTS = ['tenant_a', 'tenant_b'] as const;
const TABLES = Object.fromEntries(TENANTS.map((tenant) => [`${tenant}.invoices`, { truncate: 'record' as const }]));
const warnings: string[] = [];
jest.spyOn(Logger.prototype, 'warn').mockImplementation((text: unknown) => void warnings.push(String(text)));
afterAll(() => void jest.restoreAllMocks());

const database = await testDatabase();
for (const tenant of TENANTS) {
  await database.sql(`CREATE SCHEMA ${tenant};
    CREATE TABLE ${tenant}.invoices (id int PRIMARY KEY, cents int); INSERT INTO ${tenant}.invoices VALUES (7, 70)`);
}
await captureTables(database.url, TABLES);
const archiveDir = await tempFolder('audit-history-');
const start = (recordReads: boolean) =>
  keptApp(
    startLedgerApp(database.url, {
      monitoring: { authorize: accessOfHeader, recordReads, archiveDir },
      imports: [ScheduleModule.forRoot()],
      extensions: [RowChangesModule.forRoot({ tables: TABLES })],
      providers: [{ provide: InMemoryAuditProvider, useValue: memory }, BrokenProvider],
    }),
  );
const app = await start(true);
const silent = await start(false);

interface Answer<Body> {
  readonly status: number;
  readonly body: Body;
}

async function ask<Body>(path: string, access: LedgerAccess | false = ALL, { url } = app): Promise<Answer<Body>> {
  const response = await fetch(`${url}/audit/${path}`, { headers: { 'x-access': JSON.stringify(access) } });
  return { status: response.status, body: (await response.json()) as Body };
}
const get = <Body>(path: string, access: LedgerAccess | false = ALL): Promise<Answer<Body>> =>
  ask<Body>(`resources/${path}`, access);

describe('the history of a record', () => {
  const record = (...changes: readonly Change[]): Promise<unknown> =>
    recordSealed(
      app.app,
      database,
      changes.map((change, at) => toChange(change, at)),
    );
  const state = async (id: string, at: string, access: LedgerAccess = ALL, type = 'parcel'): Promise<RecordState> =>
    (await get<{ readonly state: RecordState }>(`${type}/${id}?show=state&at=${at}`, access)).body.state;
  const blame = async (id: string, at = minute(999), access: LedgerAccess = ALL): Promise<RecordBlame> =>
    (await get<{ readonly blame: RecordBlame }>(`parcel/${id}?show=blame&at=${at}`, access)).body.blame;

  it('tells a record as it was at each time, and who changed each field', async () => {
    await record(
      { id: '1', after: { id: 1, weight: 2, note: 'fragile' } },
      {
        id: '1',
        before: { id: 1, weight: 2, note: 'fragile' },
        after: { id: 1, weight: 3, note: 'fragile' },
        fields: { actor: { type: 'admin', id: 'bob' } },
      },
      { id: '1', before: { id: 1, weight: 3, note: 'fragile' } },
    );
    expect(await state('1', minute(0))).toMatchObject({
      resource: { type: 'parcel', id: '1' },
      at: minute(0),
      exists: true,
      values: { id: 1, weight: 2, note: 'fragile' },
      event: { type: 'row_inserted', occurredAt: minute(0), actor: { type: 'user', id: 'ada' } },
      unknown: [],
    });
    expect(await state('1', minute(1.5))).toMatchObject({ exists: true, values: { weight: 3 } });
    expect(await state('1', minute(2))).toMatchObject({ exists: false, values: null, event: { type: 'row_deleted' } });

    const { fields, exists } = await blame('1', minute(1));
    expect(exists).toBe(true);
    expect(fields.map(({ field, value, event }) => [field, value, event?.type, event?.actor.id])).toEqual([
      ['id', 1, 'row_inserted', 'ada'],
      ['note', 'fragile', 'row_inserted', 'ada'],
      ['weight', 3, 'row_updated', 'bob'],
    ]);
    expect(await blame('1')).toMatchObject({ exists: false, fields: [], event: { type: 'row_deleted' } });
  });

  it('says that it does not know a record before its first event', async () => {
    await record({ id: '2', before: { id: 2, weight: 1 }, after: { id: 2, weight: 2 } });
    expect(await state('2', minute(-1))).toMatchObject({
      exists: true,
      values: { id: 2, weight: 1 },
      event: { type: 'row_updated' },
      unknown: [{ reason: 'before_capture' }],
    });
    expect((await blame('2')).fields).toMatchObject([
      { field: 'id', value: 2, event: null },
      { field: 'weight', value: 2, event: { type: 'row_updated' } },
    ]);
    expect((await blame('2')).unknown).toEqual([{ reason: 'before_capture', fields: ['id'] }]);
    expect(await state('never-seen', minute(0))).toMatchObject({
      exists: null,
      values: null,
      event: null,
      unknown: [{ reason: 'before_capture' }],
    });
  });

  it('does not take a mask or a digest for the value', async () => {
    const masks = { pin: '[REDACTED]', note: 'paid with [REDACTED]', data: { note: '[REDACTED]' }, token: '****9f3c' };
    const after = { id: 3, ...masks, iban: `sha256:${'0'.repeat(64)}` };
    await record({ id: '3', after });
    expect((await state('3', minute(0))).unknown).toEqual([
      { reason: 'redacted', fields: ['data', 'note', 'pin', 'token'] },
      { reason: 'digested', fields: ['iban'] },
    ]);
    const { fields } = await blame('3');
    expect(fields.map(({ field }) => field)).toEqual(['data', 'iban', 'id', 'note', 'pin', 'token']);
    expect(fields.filter((field) => 'value' in field)).toMatchObject([
      { field: 'id', event: { type: 'row_inserted' } },
    ]);
  });

  it('follows a record whose key changed, in both directions', async () => {
    await record(
      { id: '4', after: { id: 4, weight: 1 } },
      {
        id: '40',
        before: { id: 4, weight: 1 },
        after: { id: 40, weight: 1 },
        details: { key: { id: 40 }, rekeyedFrom: { id: 4 } },
        fields: { actor: { type: 'admin', id: 'bob' } },
      },
      { id: '40', before: { id: 40, weight: 1 }, after: { id: 40, weight: 5 } },
      // Another row gets key 4, which is free now.
      { id: '4', after: { id: 4, weight: 9 } },
    );
    const { body } = await get<EventPage>('parcel/40?fields=type,resource.id');
    expect(body.items).toEqual([
      { type: 'row_updated', resource: { id: '40' } },
      { type: 'row_updated', resource: { id: '40' } },
      { type: 'row_inserted', resource: { id: '4' } },
    ]);
    expect(await state('4', minute(1))).toMatchObject({ exists: false, movedTo: { type: 'parcel', id: '40' } });
    expect(await state('4', minute(3))).toMatchObject({ exists: true, values: { weight: 9 } });
    expect(await state('40', minute(0))).toMatchObject({ exists: false });
    for (const [at, weightAt] of [
      [minute(999), minute(2)],
      [minute(1), minute(0)],
    ] as const)
      expect((await blame('40', at)).fields).toMatchObject([
        { field: 'id', event: { occurredAt: minute(1) } },
        { field: 'weight', event: { occurredAt: weightAt } },
      ]);
    const paged = await get<EventPage>('parcel/40?limit=2&fields=resource.id');
    const rest = await get<EventPage>(`parcel/40?limit=2&fields=resource.id&cursor=${paged.body.nextCursor}`);
    expect(rest.body.items).toEqual([{ resource: { id: '4' } }]);
    expect((await get('parcel/40?archived=true')).status).toBe(400);
  });

  it('says that a record is gone once its table was truncated', async () => {
    const truncated = { type: 'table_truncated', resource: { type: 'crate' }, changes: {} } as const;
    await record({ id: '5', after: { id: 5 }, resource: 'crate' }, { id: '', fields: truncated, resource: 'crate' });
    expect(await state('5', minute(0), ALL, 'crate')).toMatchObject({ exists: true });
    expect(await state('5', minute(1), ALL, 'crate')).toMatchObject({
      exists: false,
      event: { type: 'table_truncated' },
    });
  });

  it('names what was erased', async () => {
    const before = { id: 6, weight: 1, note: 'for Ada Lovelace' };
    const fields = { actor: { type: 'user', id: 'eve' } } as const;
    await record(
      { id: '6', after: before, fields },
      { id: '6', before, after: { ...before, note: 'for Grace Hopper' }, fields },
    );
    const privacy = app.app.get(AuditPrivacy);
    const { id } = await privacy.erase({ id: 'eve' }, { by: { type: 'admin', id: 'dpo' }, reason: 'asked' });
    await eventually(async () => (await privacy.find(id))?.state === 'done');
    expect(await state('6', minute(1))).toMatchObject({
      exists: true,
      values: { id: 6, weight: 1 },
      unknown: [{ reason: 'erased', fields: ['note'] }],
    });
    const { fields: blamed } = await blame('6');
    expect(blamed.find(({ field }) => field === 'note')).toMatchObject({ event: { occurredAt: minute(1) } });
    expect(blamed.find(({ field }) => field === 'note')).not.toHaveProperty('value');
  });

  it('shows each reader what the reader may see', async () => {
    const change = { id: '7', after: { id: 7, weight: 1, note: 'a secret of ada' } };
    await record(change, { ...change, resource: 'user' });
    const other = { scope: 'tenants', tenantIds: ['other'] } as const;
    expect(await state('7', minute(0), other)).toMatchObject({ exists: null, values: null, event: null });
    expect(await blame('7', minute(9), other)).toMatchObject({ exists: null, fields: [] });
    expect(await state('7', minute(0), { scope: 'tenants', tenantIds: ['acme'] })).toMatchObject({ exists: true });
    expect(await state('7', minute(0), { scope: 'subject', subjectId: 'ada' })).toMatchObject({
      values: { note: 'a secret of ada' },
    });
    const subject = await state('7', minute(1), { scope: 'subject', subjectId: '7' }, 'user');
    expect(subject).toMatchObject({ exists: true, values: { id: 7, weight: 1 }, unknown: [{ reason: 'hidden' }] });
    expect(JSON.stringify(subject)).not.toContain('a secret');
    expect((await get('parcel/7?show=state', false)).status).toBe(403);
    expect((await get('parcel/7?show=blame', false)).status).toBe(403);
  });

  it.each(['show=state&at=lately', 'show=state&att=-1h', 'show=all'])('answers 400 to %s', async (path) => {
    expect(await get(`parcel/1?${path}`)).toMatchObject({ status: 400, body: { code: 'AUDIT_QUERY_INVALID' } });
  });

  it('is an event itself where it is read', async () => {
    await state('1', minute(7));
    const shown = { order: 'desc', limit: 50, show: 'state', at: minute(7) };
    const filters = { ...shown, resourceType: 'parcel', resourceId: '1' };
    const read = await eventually(() =>
      memory.events.find(({ details }) => isDeepStrictEqual(details.filters, filters)),
    );
    expect(read).toMatchObject({ action: 'audit_log_viewed', details: { filters, shown: 1 } });
  });
});

describe('a record of two captured tables with one resource', () => {
  const of = (tenant: string): string => `table=${tenant}.invoices`;
  const ask = <Body>(path: string): Promise<Answer<Body>> => get<Body>(`invoices/${path}`);
  const readState = async (path: string) => (await ask<{ state: RecordState }>(`${path}&show=state`)).body.state;
  const change = async (statements: string): Promise<void> => {
    await database.sql(statements);
    await drained(database);
  };

  beforeAll(async () => {
    for (const tenant of TENANTS) {
      await database.sql(
        `INSERT INTO ${tenant}.invoices VALUES (1, 10); UPDATE ${tenant}.invoices SET cents = 11 WHERE id = 1`,
      );
    }
    await app.app.get(AuditAggregator).record('order_updated', { resource: { type: 'invoices', id: '1' } });
    await change('DELETE FROM tenant_b.invoices WHERE id = 1');
  });

  it.each(['state', 'blame', 'events'])(
    'is refused by %s until a table is named, and the refusal names both tables',
    async (question) => {
      const message =
        'table must be given, because rows of 2 tables are the resource invoices/1: table=tenant_a.invoices or table=tenant_b.invoices';
      expect(await ask(`1?show=${question}`)).toMatchObject({
        status: 400,
        body: { code: 'AUDIT_QUERY_INVALID', message: [message] },
      });
      expect(await ask(`1?show=${question}&table=invoices`)).toMatchObject({ status: 400 });
    },
  );

  it('is the row of the named table, and is reverted although the row of the other table changed later', async () => {
    const [first, second] = [await readState(`1?${of('tenant_a')}`), await readState(`1?${of('tenant_b')}`)];
    expect(first).toMatchObject({ tables: ['tenant_a.invoices'], exists: true, values: { id: 1, cents: 11 } });
    expect(second).toMatchObject({ exists: false });
    const { fields } = (await ask<{ blame: RecordBlame }>(`1?show=blame&${of('tenant_a')}`)).body.blame;
    expect(fields).toMatchObject([
      { field: 'cents', event: { type: 'row_updated' } },
      { field: 'id', event: { type: 'row_inserted' } },
    ]);
    const listTypes = async (query: string): Promise<readonly string[]> =>
      (await ask<EventPage>(`1?order=asc&${query}`)).body.items.map(({ type }) => type).toSorted();
    expect(await listTypes(of('tenant_a'))).toEqual(['order_updated', 'row_inserted', 'row_updated']);
    expect(await listTypes(of('tenant_b'))).toEqual(['order_updated', 'row_deleted', 'row_inserted', 'row_updated']);
    expect(await listTypes(TENANTS.map(of).join('&'))).toHaveLength(6);
    const { items } = (await ask<EventPage>(`1?type=row_updated&${of('tenant_a')}`)).body;
    const reason = ['--reason', 'wrong import', '--by', 'ada', '--database-url', database.url];
    expect(await captureRevert.run(['--event', items[0]?.id ?? '', ...reason])).toMatchObject({ exitCode: 0 });
    expect(await database.sql('SELECT cents FROM tenant_a.invoices WHERE id = 1')).toEqual([{ cents: 10 }]);
  });

  it('does not move, and is not gone, with the row of the other table', async () => {
    await change(
      `UPDATE tenant_a.invoices SET cents = 71 WHERE id = 7; UPDATE tenant_b.invoices SET id = 8 WHERE id = 7`,
    );
    expect(await ask('7?show=state')).toMatchObject({ status: 400 });
    expect(await readState(`7?${of('tenant_a')}`)).toMatchObject({ exists: true, values: { cents: 71 } });
    expect(await readState(`7?${of('tenant_b')}`)).toMatchObject({ exists: false, movedTo: { id: '8' } });
    await change(`INSERT INTO tenant_a.invoices VALUES (9, 1); TRUNCATE tenant_b.invoices`);
    expect(await readState('9?')).toMatchObject({ tables: ['tenant_a.invoices'], exists: true });
    expect(await readState('8?')).toMatchObject({ tables: ['tenant_b.invoices'], exists: false });
  });

  it('is named where an application starts', async () => {
    await app.app.get(CaptureWatch).run();
    const shared = 'tenant_a.invoices and tenant_b.invoices have the same resource, invoices';
    expect(warnings.filter((line) => line.includes(shared))).not.toEqual([]);
  });
});

describe('reading the ledger', () => {
  beforeEach(() => memory.clear());
  // A broken provider causes an event of its own sooner or later, so the last event need not be the read.
  const recorded = () => eventually(() => memory.events.findLast(({ action }) => action === 'audit_log_viewed'));

  it.each<[LedgerAccess, string | undefined]>([
    [{ scope: 'tenants', tenantIds: ['a'] }, 'a'],
    [{ scope: 'tenants', tenantIds: ['a', 'b'] }, undefined],
    [{ scope: 'all' }, undefined],
    [{ scope: 'subject', subjectId: 'p' }, undefined],
  ])('by %j is an event of that tenant alone, even where a provider is broken', async (access, tenantId) => {
    expect((await ask('events?limit=3', access)).status).toBe(200);
    const event = await recorded();
    expect(event).toMatchObject({ type: 'audit_log_viewed', details: { access, filters: { limit: 3 } } });
    expect(event.tenantId).toBe(tenantId);
  });

  it('that is refused is denied', async () => {
    expect((await ask('stats', false)).status).toBe(403);
    expect(await recorded()).toMatchObject({ outcome: 'denied', category: 'audit_access' });
  });

  it('with recordReads: false is not an event, unless it is refused', async () => {
    for (const path of ['events', 'stats', 'resources/a/b', 'events?limit=x']) await ask(path, ALL, silent);
    expect((await ask('events', false, silent)).status).toBe(403);
    expect(await recorded()).toMatchObject({ type: 'audit_log_viewed_denied' });
    expect(memory.events.filter(({ action }) => action === 'audit_log_viewed')).toHaveLength(1);
  });
});
