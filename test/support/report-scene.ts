import type pg from 'pg';
import { type AuditEvent } from '../../src/audit/index.js';
import { Catalogue, catalogueFactRules, parseJson } from '../../src/audit/nest-free.js';
import { signReply } from '../../src/monitoring/keep/acts/replies.js';
import { withOwnEvents } from '../../src/monitoring/read/access/own-events.js';
import { completionStatement } from '../../src/monitoring/keep/acts/erasure-act.js';
import { eventOfAct, signNext, storeAct } from '../../src/monitoring/keep/acts/store-act.js';
import type { Framework } from '../../src/rooms/report/check.js';
import { FRAMEWORKS } from '../../src/rooms/report/frameworks/regulations.js';
import type { ReportSettings } from '../../src/rooms/report/read-application.js';
import { CHECKS, makeReport, type Report, type ReportRequest } from '../../src/rooms/report/report.js';
import type { CheckpointSigner } from '../../src/monitoring/proof/signing/checkpoint-signer.service.js';
import { AUDITOR, REPORTER, SEQUENCER } from '../../src/monitoring/store/ledger-roles.js';
import { LedgerSession } from '../../src/monitoring/store/sessions/ledger-session.js';
import { storeEvents } from './stored-events.js';
import type { LoginRights } from '../../src/monitoring/store/sessions/login-rights.js';
import { attestCapture } from '../../src/rooms/row-changes/attest/capture-state.js';
import { digestOf, selectionOf } from '../../src/rooms/streams/selection.js';
import { addConsumer, ConsumerStore } from '../../src/monitoring/consumers/consumer-store.js';
import { verifyLedger } from '../../src/monitoring/proof/verify/verify-ledger.js';
import { findUnprotected } from '../../src/monitoring/store/schema/check-protection.js';
import { makeSequencer, ORIGIN } from './log-scene.js';
import { idAt, sampleEvent } from './sample-event.js';
import { runSql, withClient } from './sql.js';
import { createTestDatabase, type TestDatabase } from './test-database.js';

const RANGE = { from: new Date('2026-01-10T00:00:00Z'), to: new Date('2026-01-12T00:00:00Z') };
const NOON = '2026-01-10T12:00:00.000Z';
const LATER = '2026-01-11T12:00:00.000Z';

const CATALOGUE = new Catalogue();
const RULES = catalogueFactRules();

export const GOOD_SETTINGS: ReportSettings = {
  recordReads: true,
  retentionDays: 400,
  longestDays: 36_500, // the good events are of January 2026, and get older
  rules: ['brute_force'],
  rulesOff: [],
  captures: true,
  onFailure: 'closed',
  hasSpill: true,
  coverage: { checked: 12, missing: [] },
};

export const BAD_SETTINGS: ReportSettings = {
  recordReads: false,
  retentionDays: 'forever',
  longestDays: 'forever',
  rules: undefined,
  rulesOff: ['brute_force'],
  captures: true,
  onFailure: 'open',
  hasSpill: false,
  coverage: { checked: 12, missing: ['DELETE /orders/:id'] },
};

/** As a tenant's id: the event belongs to no tenant. */
export const NOBODYS = '';

export function eventOf(name: string, { tenantId = 'acme', ...fields }: Partial<AuditEvent> = {}): AuditEvent {
  const { occurredAt = NOON } = fields;
  const { type, action, outcome, category } = CATALOGUE.resolve(name);
  const actor = { type: 'user', id: 'u-1', name: 'Ada Lovelace' } as const;
  const { tenantId: owner, ...event } = sampleEvent({
    ...{ id: idAt(occurredAt), occurredAt, type, action, outcome, category, actor, tenantId },
    ...fields,
  });
  return owner === undefined || owner === NOBODYS ? event : { ...event, tenantId: owner };
}

export function erasureRequest(erasureId: string, { dryRun = false } = {}): AuditEvent {
  return eventOf('audit_subject_erasure_request', {
    actor: { type: 'admin', id: 'a-1' },
    resource: { type: 'audit_erasure', id: erasureId },
    details: { dryRun, erasureId },
  });
}

function goodEvents(): readonly AuditEvent[] {
  const admin = { type: 'admin', id: 'a-1' } as const;
  const alert = eventOf('alert_raised', { actor: { type: 'system' }, category: 'alert' });
  const system = { actor: { type: 'system' } } as const;
  const day = (id: string): AuditEvent =>
    eventOf('review_signed_off', {
      ...{
        occurredAt: LATER,
        actor: admin,
        tenantId: NOBODYS,
        resource: { type: 'audit_day', id },
        details: { day: id },
      },
    });
  return [
    ...['user_login_success', 'user_login_failed', 'access_denied', 'data_viewed', 'user_password_changed'].map(
      (type) => eventOf(type),
    ),
    ...['role_assigned', 'user_created', 'admin_config_changed', 'backup_created'].map((type) =>
      eventOf(type, { actor: admin }),
    ),
    eventOf('order_cancellation_failed', { severity: 'error' }),
    eventOf('audit_log_viewed', { actor: admin }),
    eventOf('system_started', system),
    alert,
    eventOf('alert_acknowledged', { actor: admin, resource: { type: 'audit_alert', id: alert.id } }),
    erasureRequest('e-9'),
    eventOf('audit_subject_erased', { ...system, occurredAt: LATER, details: { erasureId: 'e-9' } }),
    day('2026-01-10'),
    day('2026-01-11'),
  ];
}

function badEvents(): readonly AuditEvent[] {
  return [
    eventOf('audit_events_lost', { actor: { type: 'system' } }),
    eventOf('alert_raised', { actor: { type: 'system' }, category: 'alert' }),
    eventOf('data_viewed', { actor: { type: 'user' } }),
    { ...eventOf('data_viewed'), occurredAt: '2027-01-10T12:00:00.000Z' },
    eventOf('data_viewed', { details: { pem: '-----BEGIN RSA PRIVATE KEY-----' } }),
    erasureRequest('e-8'),
  ];
}

const CAPTURE = `
  CREATE TABLE captured (id int);
  CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
  CREATE TRIGGER row_capture_insert AFTER INSERT ON captured FOR EACH STATEMENT EXECUTE FUNCTION keep();
  ALTER TABLE captured ENABLE ALWAYS TRIGGER row_capture_insert`;
const PUBLISH = `
  INSERT INTO audit_publication (destination, size, root) SELECT 'file', size, root FROM audit_checkpoint ORDER BY size DESC LIMIT 1`;
const SIZE = 'SELECT max(size)::int AS size FROM audit_checkpoint';

/** Each erasure gets its signed act, as real erasures do, unless `isForged` is set. The ledger seals the events of `after` later. */
export async function makeLedger(
  signer: CheckpointSigner,
  events: readonly AuditEvent[],
  { isForged = false, after = [] }: { readonly isForged?: boolean; readonly after?: readonly AuditEvent[] } = {},
): Promise<TestDatabase> {
  const database = await createTestDatabase();
  await withClient(database.superuserUrl, async (client) => {
    const all = [...events, ...after];
    for (const { occurredAt } of all) await client.query('SELECT audit_event_make_partition($1)', [occurredAt]);
    await addAndSeal(database, client, events, signer);
    await addAndSeal(database, client, after, signer);
    for (const { type, details, occurredAt } of all) {
      const { erasureId } = details;
      if (type === 'audit_subject_erased' && typeof erasureId === 'string' && !isForged)
        await completeErasure(database, signer, erasureId, occurredAt);
    }
    await addAndSeal(database, client, [], signer);
  });
  return database;
}

async function completeErasure({ url }: TestDatabase, signer: CheckpointSigner, id: string, at: string): Promise<void> {
  const session = await LedgerSession.open(url, SEQUENCER);
  await session
    .inTransaction(async () => {
      const act = await signNext(session, { statement: completionStatement(id, 1), signer });
      await storeAct(session, act, { ...eventOfAct(act, { type: 'system' }), id: idAt(at), occurredAt: at });
    })
    .finally(() => session.close());
}

export async function makeGoodLedger(signer: CheckpointSigner): Promise<TestDatabase> {
  const database = await makeLedger(signer, goodEvents());
  await withClient(database.superuserUrl, async (client) => {
    await client.query(CAPTURE);
    await attest(database);
    await addConsumers(database, client, signer);
    await client.query(PUBLISH);
  });
  return database;
}

async function attest({ url }: TestDatabase): Promise<void> {
  const sessions = [await LedgerSession.open(url, SEQUENCER), await LedgerSession.open(url, AUDITOR)] as const;
  await attestCapture(...sessions);
  for (const session of sessions) await session.close();
}

/** The state after the stream has sent everything, and the rules have looked at everything. */
async function addConsumers(database: TestDatabase, client: pg.Client, signer: CheckpointSigner): Promise<void> {
  const selection = digestOf(selectionOf({ filter: {}, access: { scope: 'all' }, personal: 'include' }));
  const about = { destination: 'webhook', acknowledgement: 'received', selection };
  const session = await LedgerSession.open(database.url, SEQUENCER);
  await addConsumer(session, { name: 'siem', keepsEvents: true, about }, 'beginning', signer);
  await addConsumer(session, { name: 'watch', keepsEvents: false, about: {} }, 'beginning', signer);
  await addAndSeal(database, client, [], signer);
  const { size = 0 } = (await client.query<{ size: number }>(SIZE)).rows[0] ?? {};
  for (const name of ['siem', 'watch']) {
    const store = new ConsumerStore(session, name, signer);
    await store.load();
    await store.skip(size);
  }
  await session.close();
}

export async function makeBadLedger(good: TestDatabase, signer: CheckpointSigner): Promise<TestDatabase> {
  const database = await createTestDatabase({ copyOf: good });
  await withClient(database.superuserUrl, async (client) => {
    await addAndSeal(database, client, badEvents(), signer);
    await client.query('DELETE FROM audit_consumer; DELETE FROM audit_publication');
    await client.query('ALTER TABLE captured DISABLE TRIGGER row_capture_insert');
    await client.query('ALTER TABLE audit_event DISABLE TRIGGER audit_event_append_only');
    await client.query(`UPDATE audit_event SET outcome = 'failure' WHERE type = 'user_login_success'`);
    await client.query(`
      INSERT INTO audit_retirement (id, kind, partition, policy, as_of, cutoff, archive, state, event_id, entry)
      SELECT gen_random_uuid(), 'rows', 'audit_event_2026_01', '{"days":30}', now(), now(), 'none', 'retired', id, '\\x00'
        FROM audit_event LIMIT 1`);
  });
  return database;
}

/** A superuser changed rows without signatures: checkpoints have other times, and the watch and the stream lost their signed positions. */
export async function makeLedgerOfRows(good: TestDatabase): Promise<TestDatabase> {
  return changed(good, [
    'ALTER TABLE audit_checkpoint DISABLE TRIGGER audit_checkpoint_append_only',
    `UPDATE audit_checkpoint SET signed_at = signed_at - interval '1 year'`,
    'ALTER TABLE audit_checkpoint ENABLE TRIGGER audit_checkpoint_append_only',
    `UPDATE audit_consumer SET note = ''`,
    `CREATE OR REPLACE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'`,
  ]);
}

/** No rule has looked at the added event, which is older than the newest event. */
export async function makeLedgerThatIsAhead(good: TestDatabase, signer: CheckpointSigner): Promise<TestDatabase> {
  const database = await createTestDatabase({ copyOf: good });
  await withClient(database.superuserUrl, (client) =>
    addAndSeal(
      database,
      client,
      [parseJson(JSON.stringify({ ...eventOf('data_viewed'), resource: undefined })) as AuditEvent],
      signer,
    ),
  );
  return database;
}

export async function makeShrunkLedger(good: TestDatabase): Promise<TestDatabase> {
  return changed(good, [
    'ALTER TABLE audit_event DISABLE TRIGGER audit_event_append_only',
    `DELETE FROM audit_event WHERE type = 'data_viewed'`,
    'ALTER TABLE audit_event ENABLE TRIGGER audit_event_append_only',
  ]);
}

async function changed(good: TestDatabase, statements: readonly string[]): Promise<TestDatabase> {
  const database = await createTestDatabase({ copyOf: good });
  for (const statement of statements) await database.superuserSql(statement);
  return database;
}

async function addAndSeal(
  database: TestDatabase,
  client: pg.Client,
  events: readonly AuditEvent[],
  signer: CheckpointSigner,
): Promise<void> {
  const signed = await Promise.all(events.map(async (event) => signReply(signer, event)));
  if (events.length > 0) await storeEvents(client, signed, (type) => withOwnEvents(type, RULES));
  const { sequencer, failures } = makeSequencer(database.url, signer);
  await sequencer.run().finally(() => sequencer.close());
  if (failures.length > 0) throw new Error(failures.join(' '));
}

export function frameworkOf(checks: Iterable<string>): Framework {
  const clauses = [...checks].map((id) => ({ id, title: id, question: id, checks: [id] }));
  return { id: 'of-a-test', title: 'Of a test', version: '1', clauses };
}

/** A framework of all checks, so that a test reads a ledger only once. */
export const EVERYTHING = frameworkOf(CHECKS.keys());

const GOOD_LOGIN: LoginRights = {
  ...{ login: 'app', owner: 'audit_owner', roles: ['audit_writer', 'audit_reader'], suffix: '', hasRowSecurity: true },
  ...{ isSuperuser: false, powers: '', isOwner: false, changes: [] },
};

export async function outsideOf({ url }: Pick<TestDatabase, 'url'>): Promise<Outside> {
  const notes = await runSql(url, 'SELECT note FROM audit_checkpoint ORDER BY size DESC LIMIT 1');
  const keys = await runSql(url, 'SELECT verifier_key AS key FROM audit_signing_key');
  return { published: notes.map(({ note }) => String(note)), verifierKeys: keys.map(({ key }) => String(key)) };
}

export interface Outside {
  readonly published: readonly string[];
  readonly verifierKeys: readonly string[];
}

type Verification = ReportRequest['verification'];

export async function verificationOf(
  database: Pick<TestDatabase, 'url'>,
  request: Partial<ReportRequest> = {},
): Promise<Verification> {
  const outside = await outsideOf(database);
  const { verifierKeys = outside.verifierKeys, published = outside.published } = request;
  const verified = await verifyLedger({ database: database.url, verifierKeys, published });
  // Logins belong to the server, and other specs make logins.
  const unprotected = (await findUnprotected(database.url)).filter(
    (sentence) => !/^(The ledger belongs|These logins)/.test(sentence),
  );
  return { ...verified, unprotected };
}

export async function reportOn(
  database: Pick<TestDatabase, 'url'>,
  framework: string | Framework,
  request: Partial<ReportRequest> = {},
): Promise<Report> {
  const found = typeof framework === 'string' ? FRAMEWORKS.find(({ id }) => id === framework) : framework;
  if (!found) throw new Error('There is no such framework.');
  const { verification = await verificationOf(database, request) } = request;
  const session = await LedgerSession.open(database.url, REPORTER);
  const whole = { framework: found, ...RANGE, mostEvents: 1_000, origin: ORIGIN };
  const asked = { ...whole, ...(await outsideOf(database)), logins: { writes: GOOD_LOGIN }, ...request, verification };
  return makeReport(session, asked).finally(() => session.close());
}
