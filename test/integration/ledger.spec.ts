import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { plainToInstance } from 'class-transformer';
import { AuditAggregator, type AuditEvent } from '../../src/audit/index.js';
import { InMemoryAuditProvider } from '../../src/audit/testing/index.js';
import { AuditQuery } from '../../src/monitoring/index.js';
import { EventQuery } from '../../src/monitoring/read/query/event-query.dto.js';
import { LedgerProvider } from '../../src/monitoring/ledger.provider.js';
import { LedgerReader } from '../../src/monitoring/store/ledger-reader.service.js';
import { SelfCheck } from '../../src/monitoring/operate/self-check/self-check.service.js';
import { startLedgerApp } from '../support/ledger-app.js';
import {
  eventually,
  idAt,
  keptApp,
  recordSealed,
  runSql,
  sampleEvent,
  testDatabase,
  withClient,
} from '../support/index.js';
import { unsealed } from '../support/unsealed.js';

const database = await testDatabase();
const { app } = await keptApp(startLedgerApp(database.url, { providers: [InMemoryAuditProvider] }));
await app.get(SelfCheck).run(); // the check of the boot would report what these tests remove
const ledger = app.get(LedgerProvider);
const record = (batch: readonly AuditEvent[]) => recordSealed(app, database, batch);
const reader = app.get(AuditQuery);
const find = (query: object) =>
  reader.find({ scope: 'all' }, plainToInstance(EventQuery, query, { exposeDefaultValues: true }));
const emptied = () =>
  withClient(database.superuserUrl, async (client) => {
    await client.query('SET session_replication_role = replica'); // triggers off, as only a superuser can
    await client.query('DELETE FROM audit_event');
  });

describe('the ledger', () => {
  beforeEach(emptied);

  it('gives back exactly the event that it took', async () => {
    const full = sampleEvent();
    const bare: AuditEvent = {
      id: sampleEvent().id,
      schemaVersion: 1,
      occurredAt: '2026-11-20T08:00:00.000Z',
      type: 'x',
      action: 'x',
      outcome: 'success',
      category: 'custom',
      severity: 'info',
      actor: { type: 'anonymous' },
      details: {},
      metadata: {},
    };
    const cut = sampleEvent({ truncated: true });
    await record([full, bare, cut]);

    expect(unsealed(await reader.findOne({ scope: 'all' }, full.id))).toEqual(full);
    expect(unsealed(await reader.findOne({ scope: 'all' }, bare.id))).toEqual(bare);
    expect(unsealed(await reader.findOne({ scope: 'all' }, cut.id))).toEqual(cut);
  });

  it('makes a missing month on the spot, under concurrent writers too', async () => {
    const batches = Array.from({ length: 8 }, () => [sampleEvent({ id: idAt('2031-05-15T00:00:00Z') }), sampleEvent()]);
    await Promise.all(batches.map(record));

    expect((await find({})).items).toHaveLength(16);
    const [row] = await database.sql(`SELECT count(*)::int AS rows FROM audit_event_2031_05`);
    expect(row?.rows).toBe(8);
  });

  it('takes what an absurd clock dated, in two partitions whatever the times, and gives it back in order', async () => {
    const times = ['1970-01-01', '1999-06-01', '2019-12-31', '2100-01-01', '2150-07-01', '9999-12-31'];
    const batch = times.map((time) => sampleEvent({ id: idAt(time) }));
    const utmost = sampleEvent({ id: 'ffffffff-ffff-7fff-bfff-ffffffffffff' });
    await record([...batch, utmost]);

    const newestFirst = [...batch, utmost].map(({ id }) => id).reverse();
    expect((await find({})).items.map(({ id }) => id)).toEqual(newestFirst);
    const rows = await database.sql(`SELECT DISTINCT tableoid::regclass::text AS partition FROM audit_event`);
    expect(rows.map(({ partition }) => partition).sort()).toEqual(['audit_event_before_2020', 'audit_event_from_2100']);
  });

  it('refuses as unstorable what no row can hold, and says nothing of it', async () => {
    const bad = sampleEvent({ reason: 'a secret\0' });
    const refused = ledger.record([sampleEvent(), bad]);

    await expect(refused).rejects.toMatchObject({ code: 'AUDIT_EVENTS_UNSTORABLE' });
    await expect(refused).rejects.not.toThrow('a secret');
    expect((await find({})).items).toEqual([]);
  });

  it('ends a statement whose time is over, and takes the next batch', async () => {
    const abort = new AbortController();
    const locked = withClient(database.superuserUrl, async (client) => {
      await client.query('BEGIN');
      await client.query('LOCK TABLE audit_event IN ACCESS EXCLUSIVE MODE');
      const waiting = ledger.record([sampleEvent()], { signal: abort.signal });
      abort.abort();
      await expect(waiting).rejects.toMatchObject({ code: 'AUDIT_LEDGER_UNAVAILABLE' });
    });
    await locked;

    await record([sampleEvent()]);
    expect((await find({})).items.length).toBeGreaterThanOrEqual(1);
  });

  it('keeps its connection after an ordinary error', async () => {
    const sessions = () =>
      database.superuserSql(
        `SELECT pid FROM pg_stat_activity WHERE datname = '${database.name}' AND application_name = 'nestjs-audit-ledger' ORDER BY pid`,
      );
    await record([sampleEvent()]);
    const before = await sessions();
    await expect(ledger.record([sampleEvent({ reason: '\0' })])).rejects.toThrow();

    expect(await sessions()).toEqual(before);
  });

  it('puts the first and the last millisecond of a month into that month', async () => {
    await record([
      sampleEvent({ id: idAt('2030-02-28T23:59:59.999Z') }),
      sampleEvent({ id: idAt('2030-03-01T00:00:00.000Z') }),
    ]);
    const rows = await database.sql(`SELECT tableoid::regclass::text AS partition FROM audit_event ORDER BY id`);
    expect(rows.map(({ partition }) => partition)).toEqual(['audit_event_2030_02', 'audit_event_2030_03']);
  });
});

describe('the ledger is append-only', () => {
  let partition: string;

  beforeAll(async () => {
    await emptied();
    await record([sampleEvent()]);
    const [row] = await database.sql(`SELECT tableoid::regclass::text AS name FROM audit_event`);
    partition = String(row?.name);
  });

  const changes = (table: string) => [
    `UPDATE ${table} SET category = 'another'`,
    `UPDATE ${table} SET id = id`,
    `DELETE FROM ${table}`,
    `TRUNCATE ${table}`,
  ];

  it('for the application, by privilege', async () => {
    for (const change of [...changes('audit_event'), ...changes(partition)]) {
      // The owner's functions of retention may delete rows, so the trigger, not a missing right, refuses the owner.
      const seen = change === 'DELETE FROM audit_event' ? 'it is append-only' : 'permission denied';
      await expect(database.sql(change)).rejects.toMatchObject({
        code: '42501',
        message: expect.stringContaining(seen),
      });
    }
  });

  it('for its owner with all privileges, and for a superuser, by trigger', async () => {
    await database.superuserSql(`GRANT ALL ON audit_event, ${partition} TO app`);
    for (const url of [database.url, database.superuserUrl]) {
      for (const change of [...changes('audit_event'), ...changes(partition)]) {
        await expect(runSql(url, change)).rejects.toMatchObject({ message: expect.stringContaining('append-only') });
      }
    }
    expect((await find({})).items).toMatchObject([{ reason: 'because' }]);
  });
});

it('a reader of a part of the ledger who sends many queries keeps no other reader waiting', async () => {
  const reader = new LedgerReader({ connectionUrl: database.url, maxReadConnections: 2 });
  try {
    await withClient(database.url, async (client) => {
      await client.query('SELECT pg_advisory_lock(55)');
      const access = { scope: 'subject', subjectId: 'ada' } as const;
      const waiting = Array.from({ length: 10 }, () =>
        reader.eventRows(access, 'SELECT pg_advisory_xact_lock(55)', []).catch(String),
      );
      const held = `SELECT count(*)::int AS count FROM pg_locks WHERE locktype = 'advisory' AND objid = 55 AND NOT granted`;
      await eventually(async () => (await database.sql(held))[0]?.count === 1);
      for (const other of [{ scope: 'all' }, { scope: 'subject', subjectId: 'eve' }] as const) {
        const seen = await reader.eventRows(other, 'SELECT count(*)::int AS count FROM audit_event', []);
        expect(seen).toHaveLength(1);
      }
      await client.query('SELECT pg_advisory_unlock(55)');
      await Promise.all(waiting);
    });
  } finally {
    await reader.onApplicationShutdown();
  }
});

describe('an event of a careless caller', () => {
  async function roundTrip(name: string, input: object): Promise<AuditEvent> {
    const { eventId, providers } = await app.get(AuditAggregator).record(name, input); // anything at all
    expect(providers.database).toEqual({ status: 'recorded' });
    const stored = await eventually(() => reader.findOne({ scope: 'all' }, eventId));
    expect(unsealed(stored)).toEqual(app.get(InMemoryAuditProvider).events.find(({ id }) => id === eventId));
    return stored;
  }

  // prettier-ignore
  it.each<[string, unknown]>([
    ['a proxy that refuses', new Proxy({}, { ownKeys: () => { throw new Error('no'); } })],
    ['extreme numbers', [Number.MAX_VALUE, Number.MIN_VALUE, -0, 1e21, 1e-7, Number.MAX_SAFE_INTEGER, Infinity, 2n ** 200n]],
    ['U+0000', 'a\0b'],
    ['lone surrogates', ['\ud800', '\udc00\ud800', 'x\udfff']],
    ['10 MB of text', 'ü'.repeat(5_000_000)],
    ['keys of prototypes', JSON.parse('{"__proto__": {"polluted": 1}, "constructor": 1, "toString": null}')],
    ['nasty keys', { '': 1, '\0': 2, '\ud800': 3, "'": 4, '"\\{},NULL': 5 }],
    ['texts that arrays could mistake', ['', 'NULL', 'null', '{}', '{"a"}', '\\', '"', '\\"', "'", '\\N', '(,)', ' ', '\n\r\t']],
  ])('that holds %s comes back as it was recorded', async (_what, value) => {
    const event = await roundTrip('order_creation', {
      details: { value },
      metadata: { value },
      changes: { before: { value }, after: [value] },
    });
    expect(event.type).toBe('order_created');
    await roundTrip('user_login_failed', { details: value, metadata: value, error: value, reason: value });
    await roundTrip('custom', {
      actor: { type: value, id: value, name: value, sessionId: value, onBehalfOf: { type: value, id: value } },
      tenantId: value,
      resource: { type: value, id: value },
      category: value,
      severity: value,
      reason: value,
      error: { name: value, code: value, message: value },
    });
  });
});
