import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { Test } from '@nestjs/testing';
import { AuditAggregator, type AuditEvent, type RecordOptions } from '../../src/audit/index.js';
import { addIdempotencyKey } from '../../src/audit/event/idempotency-key.js';
import { AuditTestingModule, InMemoryAuditProvider } from '../../src/audit/testing/index.js';
import { AuditMetrics } from '../../src/monitoring/index.js';
import { Sequencer } from '../../src/monitoring/sealer/sequencer.service.js';
import {
  eventually,
  freshKeyFile,
  keptApp,
  runSql,
  sampleEvent,
  settled,
  tempFolder,
  testDatabase,
  withClient,
} from '../support/index.js';
import { startLedgerApp } from '../support/ledger-app.js';

const database = await testDatabase();
const fresh = await testDatabase();
const parts = {
  audit: { spillDir: await tempFolder('spill-'), factFields: ['attempt'] },
  monitoring: { signingKeyFile: freshKeyFile() },
};
const { app } = await keptApp(startLedgerApp(database.url, parts));
const { app: otherApp } = await keptApp(startLedgerApp(database.url, parts));
const [audit, otherAudit] = [app.get(AuditAggregator), otherApp.get(AuditAggregator)];

let nth = 0;
let options: RecordOptions & { readonly idempotencyKey: string };
beforeEach(() => {
  options = { idempotencyKey: `webhook-${nth++}` };
});

const pickOnce = ({ once, ...event }: AuditEvent) => ({ once, event });

const payment = (attempt: number, tenantId?: string) => ({
  resource: { type: 'webhook', id: options.idempotencyKey },
  details: { attempt },
  tenantId,
});

/** The attempts whose events are in the ledger, in its order. */
async function sealed(): Promise<unknown[]> {
  await settled(database);
  const rows = await database.superuserSql(
    `SELECT details::jsonb->>'attempt' AS attempt FROM audit_event JOIN audit_leaf ON event_id = id
      WHERE resource_id = $1 ORDER BY index`,
    [options.idempotencyKey],
  );
  return rows.map(({ attempt }) => Number(attempt));
}

describe('of events with one idempotency key, the ledger', () => {
  it('seals the first, and the receipt of a later one names it', async () => {
    const first = await audit.record('payment_received', payment(1), options);
    await settled(database);
    const again = await audit.record('payment_received', payment(2), options);

    expect(await sealed()).toEqual([1]);
    expect(first).not.toHaveProperty('duplicateOf');
    expect(again).toMatchObject({ recorded: true, eventId: first.eventId, duplicateOf: first.eventId });
  });

  it('seals one if two processes record at once', async () => {
    const both = [audit, otherAudit, audit, otherAudit];
    await Promise.all(both.map((each, attempt) => each.record('payment_received', payment(attempt), options)));

    expect(await sealed()).toHaveLength(1);
  });

  it('counts the others, and logs one warning for each type', async () => {
    const warnings: string[] = [];
    const silent = () => undefined;
    app.useLogger({ log: silent, error: silent, warn: (line: string) => void warnings.push(line) });
    const counted = () => app.get(Sequencer).duplicates + otherApp.get(Sequencer).duplicates;
    const before = counted();
    for (const attempt of [1, 2, 3]) await audit.record('payment_refunded_twice', payment(attempt), options);

    expect(await sealed()).toEqual([1]);
    await eventually(() => counted() === before + 2);
    app.useLogger(false);
    expect(warnings).toEqual([expect.stringMatching(/\(payment_refunded_twice\).* has the same idempotency key/)]);
    const { registry } = [app, otherApp].find((each) => each.get(Sequencer).duplicates > 0)?.get(AuditMetrics) ?? {};
    expect(await registry?.metrics()).toMatch(/^audit_events_duplicate_total [1-9]/m);
  });

  it('seals the one that commits after a transaction with the key rolled back', async () => {
    await withClient(database.url, async (client) => {
      await client.query('BEGIN');
      await audit.record('payment_received', payment(1), { ...options, transaction: client });
      await client.query('ROLLBACK');
      await client.query('BEGIN');
      await audit.record('payment_received', payment(2), { ...options, transaction: client });
      await client.query('COMMIT');
    });
    await audit.record('payment_received', payment(3), options);

    expect(await sealed()).toEqual([2]);
  });

  it('seals one of those that are replayed from the spill', async () => {
    await database.superuserSql('REVOKE INSERT ON audit_inbox FROM audit_writer');
    const first = await audit.record('payment_received', payment(1), options);
    const second = await audit.record('payment_received', payment(2), options);
    await database.superuserSql('GRANT INSERT ON audit_inbox TO audit_writer');
    await eventually(() => audit.deliveryStatus().database?.spillPending === false);

    expect([first, second].map(({ providers }) => providers.database?.status)).toEqual(['spilled', 'spilled']);
    expect(await sealed()).toHaveLength(1);
  });

  it('seals another one after 24 hours, and removes the old hashes', async () => {
    await audit.record('payment_received', payment(1), options);
    await settled(database);
    await database.superuserSql(`UPDATE audit_once SET taken_at = taken_at - interval '24 hours'`);
    const later = await audit.record('payment_received', payment(2), options);
    await audit.record('payment_received', payment(3), options);

    expect(later).not.toHaveProperty('duplicateOf');
    expect(await sealed()).toEqual([1, 2]);

    await fresh.superuserSql(
      `INSERT INTO audit_once SELECT sha256(hours::text::bytea), gen_random_uuid(), now() - hours * interval '1 hour' FROM unnest(ARRAY[1, 25]) AS hours`,
    );
    const { app: leader } = await startLedgerApp(fresh.url);
    await eventually(async () => (await fresh.superuserSql('SELECT hash FROM audit_once')).length === 1);
    await leader.close();
  });

  it('seals one for each event type and each tenant', async () => {
    await audit.record('payment_received', payment(1), options);
    await audit.record('payment_refunded', payment(2), options);
    await audit.record('payment_received', payment(3, 'acme'), options);
    await audit.record('payment_received', payment(4, 'acme'), options);

    expect(await sealed()).toEqual([1, 2, 3]);
  });

  it('lets nobody take a key who has only the login of the application, also without a spill', async () => {
    const { url } = fresh;
    const { app: spilless } = await startLedgerApp(url, { audit: { spillDir: false, factFields: ['attempt'] } });
    const { event, once } = pickOnce(
      addIdempotencyKey(sampleEvent({ type: 'payment_received', tenantId: 'acme' }), options.idempotencyKey),
    );
    const line = JSON.stringify({
      event: { ...event, type: 'page_viewed', action: 'page_viewed' },
      personal: [],
      once,
    });
    await runSql(url, 'INSERT INTO audit_inbox (version, seed, body) VALUES (1, $1, $2)', [randomBytes(16), line]);
    await settled(fresh);
    const receipt = await spilless.get(AuditAggregator).record('payment_received', payment(1, 'acme'), options);
    await settled(fresh);
    await spilless.close();

    expect(receipt).not.toHaveProperty('duplicateOf');
    const types = await fresh.superuserSql(`SELECT type FROM audit_event WHERE category <> 'system'`);
    expect(types).toEqual([{ type: 'payment_received' }]);
  });

  it('stores neither the key nor its hash in the event', async () => {
    await audit.record('payment_settled', {}, options);
    await settled(database);
    const [row] = await database.superuserSql(
      `SELECT to_jsonb(audit_event)::text AS event, encode(hash, 'hex') AS hash
         FROM audit_event JOIN audit_once ON event_id = id WHERE type = 'payment_settled'`,
    );

    expect(row?.event).not.toContain(options.idempotencyKey);
    expect(row?.event).not.toContain(row?.hash);
  });
});

it.each([
  ['that is empty', '', '"", not a text of 1 to 255 characters'],
  ['of 256 characters', 'x'.repeat(256), 'not a text of 1 to 255 characters'],
  ['that is a number', 17, '17, not a text of 1 to 255 characters'],
])('an idempotency key %s is refused', async (_what, key, why) => {
  const recorded = audit.record('payment_received', {}, { idempotencyKey: key as string }); // as JavaScript may pass it

  await expect(recorded).rejects.toMatchObject({
    code: 'AUDIT_OPTIONS_INVALID',
    message: expect.stringMatching(`idempotencyKey is .*${why}`),
  });
});

it('a test with InMemoryAuditProvider sees one event for each idempotency key', async () => {
  const testing = await Test.createTestingModule({ imports: [AuditTestingModule.forRoot()] }).compile();
  await testing.init();
  const [memoryAudit, memory] = [testing.get(AuditAggregator), testing.get(InMemoryAuditProvider)];
  const first = await memoryAudit.record('payment_received', payment(1), options);
  const again = await memoryAudit.record('payment_received', payment(2), options);
  await memoryAudit.record('payment_refunded', payment(3), options);

  expect(memory.events.map(({ details }) => details.attempt)).toEqual([1, 3]);
  expect(again.duplicateOf).toBe(first.eventId);
  memory.clear();
  await memoryAudit.record('payment_received', payment(4), options);
  expect(memory.events).toHaveLength(1);
  await testing.close();
});
