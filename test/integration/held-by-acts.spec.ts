import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { LogSequencer } from '../../src/monitoring/sealer/log-sequencer.js';
import type { CheckpointSigner } from '../../src/monitoring/proof/signing/checkpoint-signer.service.js';
import { verifyLedger } from '../../src/monitoring/proof/verify/verify-ledger.js';
import { RETENTION } from '../../src/monitoring/store/ledger-roles.js';
import { RETENTION_LIMITS } from '../../src/monitoring/store/sessions/session-limits.js';
import { LedgerSession } from '../../src/monitoring/store/sessions/ledger-session.js';
import { VerifiedActs } from '../../src/monitoring/keep/lifecycle/verified-acts.js';
import {
  findActiveHolds,
  type ActiveHold,
  placeHold,
  releaseHold,
} from '../../src/monitoring/keep/lifecycle/holds/legal-hold.js';
import type { RetentionReport } from '../../src/monitoring/keep/lifecycle/retention/retention-run.js';
import {
  createTestDatabase,
  freshKeyFile,
  closeAfterTests,
  makeSequencer,
  makeSigner,
  testDatabase,
  type TestDatabase,
  whileChanged,
  withClient,
} from '../support/index.js';
import { addEventsAt, copyKey, makeArchives, policyBy, retireWith, type OnStep } from '../support/retention-scene.js';
import { withClockOff } from '../support/with-clock-off.js';

let database: TestDatabase;
let signer: CheckpointSigner;
let sequencer: LogSequencer;
let erasureSession: LedgerSession;

const sealed = await testDatabase();
const keyFile = freshKeyFile();
const firstSigner = await makeSigner(keyFile);
const hold = await placeHolds(firstSigner);

async function placeHolds(first: CheckpointSigner): Promise<string> {
  const session = await LedgerSession.open(sealed.url, RETENTION, RETENTION_LIMITS);
  await withClient(sealed.url, (client) => addEventsAt(client, '2026-02-10T12:00:00.000Z', 2));
  const { id } = await placeHold(session, { reason: 'lawsuit', tenantId: 'acme' }, 'counsel', first);
  const over = await placeHold(session, { reason: 'other', tenantId: 'acme' }, 'counsel', first);
  await releaseHold(session, over.id, { by: 'counsel', reason: 'settled' }, first);
  await session.close();
  const { sequencer: sealer } = makeSequencer(sealed.url, first);
  await sealer.run().finally(() => sealer.close());
  return id;
}

/** Each test continues a copy of the sealed ledger, with a copy of the key and of what the key signed last. */
function inCopies(): void {
  beforeEach(async () => {
    database = await createTestDatabase({ copyFrom: sealed });
    signer = await makeSigner(await copyKey(keyFile));
    ({ sequencer } = makeSequencer(database.url, signer));
    erasureSession = await LedgerSession.open(database.url, RETENTION, RETENTION_LIMITS);
    await sequencer.run();
  });

  afterEach(async () => {
    await erasureSession.close();
    await sequencer.close();
    await database.drop();
  });
}

const tamper = async (sql: string): Promise<void> => {
  await database.superuserSql(`SET session_replication_role = 'replica'; ${sql}`);
};
const copy = (table: string): Promise<void> => tamper(`CREATE TABLE kept_${table} AS TABLE ${table}`);
const putBack = (table: string): Promise<void> =>
  tamper(`DELETE FROM ${table}; INSERT INTO ${table} TABLE kept_${table}; DROP TABLE kept_${table}`);

const find = (acts = new VerifiedActs(signer)): Promise<readonly ActiveHold[]> =>
  erasureSession.inTransaction(() => findActiveHolds(erasureSession, acts));

async function retire(onStep?: OnStep): Promise<RetentionReport> {
  await erasureSession.close(); // a run is refused while another session works
  const { archives } = await makeArchives(signer);
  const policy = policyBy({ days: 30 });
  const report = await retireWith(sequencer, { connectionUrl: database.url, archives, policy, onStep });
  erasureSession = await LedgerSession.open(database.url, RETENTION, RETENTION_LIMITS);
  return report;
}

const events = async (): Promise<unknown> =>
  (await database.sql(`SELECT count(*)::int AS count FROM audit_event WHERE tenant_id = 'acme'`))[0]?.count;

const REFUSED = 'Cannot rely on the tables of legal holds';

describe('what a legal hold keeps', () => {
  inCopies();

  it('stays, when the hold is deleted before the retention and put back after it', async () => {
    await copy('audit_legal_hold');
    await tamper(`DELETE FROM audit_legal_hold WHERE id = '${hold}'`);
    const report = await retire();
    expect(report).toMatchObject({ retired: [], problems: [expect.stringContaining(REFUSED)] });
    expect(report.problems[0]).toContain(hold);

    await putBack('audit_legal_hold');
    expect(await retire()).toMatchObject({ retired: [], problems: [] });
    expect(await events()).toBe(2);
    expect((await verifyLedger({ database: database.superuserUrl, trust: signer.trust })).findings).toEqual([]);
  });

  it('stays, when the hold is placed after the announcement, and deleted before the removal', async () => {
    await releaseHold(erasureSession, hold, { by: 'counsel', reason: 'settled' }, signer);
    let placed: string | undefined;
    const report = await retire(async (step) => {
      if (step !== 'announced' || placed !== undefined) return;
      const session = await LedgerSession.open(database.url, RETENTION, RETENTION_LIMITS);
      placed = (await placeHold(session, { reason: 'case', tenantId: 'acme' }, 'counsel', signer)).id;
      await session.close();
      await tamper(`DELETE FROM audit_legal_hold WHERE id = '${placed}'`);
    });
    expect(report).toMatchObject({ retired: [], problems: [expect.stringContaining(REFUSED)] });
    expect(await events()).toBe(2);
  });

  it('stays, when the hold is made to cover the time before all times', async () => {
    await tamper(`UPDATE audit_legal_hold SET occurred_to = '-infinity' WHERE id = '${hold}'`);
    const report = await retire();
    expect(report).toMatchObject({ retired: [], problems: [expect.stringContaining(REFUSED)] });
    expect(await events()).toBe(2);
  });

  it('stays, when the function that compares with holds says that none covers it', async () => {
    await tamper(
      `CREATE OR REPLACE FUNCTION audit_hold_covers(hold audit_legal_hold, event audit_event) RETURNS boolean LANGUAGE sql STABLE AS 'SELECT false'`,
    );
    expect(await retire()).toMatchObject({
      retired: [],
      waiting: [expect.stringContaining('a legal hold was placed')],
    });
    expect(await events()).toBe(2);
  });
});

describe('the holds that hold', () => {
  inCopies();

  it('are those that acts state and no act released, and those that no act states', async () => {
    expect(await find()).toMatchObject([{ tenantId: 'acme', actorId: null, occurredFrom: null }]);
    await tamper(
      `INSERT INTO audit_legal_hold (id, placed_by, reason, tenant_id) VALUES (gen_random_uuid(), 'eve', 'x', 'other')`,
    );
    expect((await find()).map(({ tenantId }) => tenantId).toSorted()).toEqual(['acme', 'other']);
  });

  it.each([-360_000, 360_000])('are true when they are placed and released by a clock off by %d ms', async (offMs) => {
    const until = new Date(Date.now() + 120_000).toISOString();
    await withClockOff(offMs, async () => {
      await placeHold(erasureSession, { reason: 'case', tenantId: 'acme', until }, 'counsel', signer);
      await releaseHold(erasureSession, hold, { by: 'counsel', reason: 'settled' }, signer);
    });
    await withClockOff(-offMs, () => find());
    await sequencer.run();
    expect((await verifyLedger({ database: database.superuserUrl, trust: signer.trust })).findings).toEqual([]);
  });

  it('are refused when the newest act has no signature, and nothing vouches for it', async () => {
    await placeHold(erasureSession, { reason: 'case', tenantId: 'other' }, 'counsel', signer);
    await tamper(
      `DELETE FROM audit_legal_hold WHERE tenant_id = 'other'; UPDATE audit_act SET note = 'x' WHERE number = 4`,
    );
    const acts = new VerifiedActs(signer);
    await expect(find(acts)).rejects.toThrow('no known key signed act 4');
    await expect(find(acts)).rejects.toThrow('no known key signed act 4');
  });

  it('are what was read before, whatever becomes of older acts', async () => {
    const acts = new VerifiedActs(signer);
    await find(acts);
    await tamper('DELETE FROM audit_act WHERE number < 3; DELETE FROM audit_legal_hold WHERE released_at IS NULL');
    await expect(find(acts)).rejects.toThrow(hold);
    await tamper('DELETE FROM audit_act');
    await expect(find(acts)).rejects.toThrow('act 3 is changed');
  });
});

it.each([
  ['a hold is deleted', 'DELETE FROM audit_legal_hold WHERE released_at IS NULL'],
  ['a hold is released by SQL', `UPDATE audit_legal_hold SET released_at = now() WHERE released_at IS NULL`],
  ['a hold ends early', 'UPDATE audit_legal_hold SET until = now() WHERE released_at IS NULL'],
  ['a hold covers less', `UPDATE audit_legal_hold SET actor_id = 'u-9' WHERE released_at IS NULL`],
  [
    'a hold covers less, and says of no act',
    `UPDATE audit_legal_hold SET actor_id = 'u-9', placed_act = NULL WHERE released_at IS NULL`,
  ],
  [
    'a hold has the release of another',
    `UPDATE audit_legal_hold h SET released_at = o.released_at, released_by = o.released_by, release_reason = o.release_reason,
       released_act = o.released_act FROM audit_legal_hold o WHERE h.released_at IS NULL AND o.released_at IS NOT NULL`,
  ],
  ['a hold and its act are deleted', 'TRUNCATE audit_legal_hold; DELETE FROM audit_act WHERE number = 1'],
  [
    'a hold and the note of its act are changed',
    `TRUNCATE audit_legal_hold; UPDATE audit_act SET note = 'x' WHERE number = 1`,
  ],
  ['the newest act is not signed', `TRUNCATE audit_legal_hold; UPDATE audit_act SET note = 'x' WHERE number = 3`],
  ['acts change places', 'UPDATE audit_act SET number = 4 - number'],
  [
    'an act is there twice',
    `INSERT INTO audit_act SELECT number, gen_random_uuid(), type, note FROM audit_act WHERE number = 2`,
  ],
])('the holds that hold are refused when %s', async (_what, sql) => {
  const change = `ALTER TABLE audit_act DROP CONSTRAINT audit_act_pkey CASCADE; ${sql}`;
  await whileChanged(sealed, change, async (client) => {
    const found = findActiveHolds(await LedgerSession.within(client, RETENTION), new VerifiedActs(firstSigner));
    await expect(found).rejects.toMatchObject({ code: 'AUDIT_ACTS_CONTRADICTED' });
  });
});

const POLICY = policyBy({ days: 30, categories: { payment: 'forever' } });
const ID = '01990000-0000-7000-8000-000000000001';
const FORGED = `
  INSERT INTO audit_retirement (id, kind, partition, policy, as_of, cutoff, archive, state, retired_through, event_id, entry)
  VALUES ('${ID}', 'rows', 'audit_event_2026_02', '{"days":1}', now(), now(),`;

const ledger = await testDatabase();
const ledgerSigner = await makeSigner();
const { sequencer: ledgerSequencer } = makeSequencer(ledger.url, ledgerSigner);
await closeAfterTests(ledgerSequencer);
const { archives, folder } = await makeArchives(ledgerSigner);
await withClient(ledger.url, async (client) => {
  await addEventsAt(client, '2026-01-10T12:00:00.000Z', 3);
  await addEventsAt(client, '2026-01-11T12:00:00.000Z', 1, { category: 'payment' });
});
await ledgerSequencer.run();
await retireLedger();
const [archive = ''] = await readdir(folder);
const TABLES = ['audit_retirement', 'audit_retired_range', 'audit_row_retired'];
for (const table of TABLES) await ledger.superuserSql(`CREATE TABLE kept_${table} AS SELECT * FROM ${table}`);

async function retireLedger(onStep?: OnStep): Promise<RetentionReport> {
  return retireWith(ledgerSequencer, { connectionUrl: ledger.url, archives, policy: POLICY, onStep });
}

const alter = (sql: string) => ledger.superuserSql(`SET session_replication_role = 'replica'; ${sql}`);

const digestActs = async () =>
  (await ledger.sql(`SELECT note FROM audit_act WHERE type = 'audit_row_digests_kept'`)).length;

it.each([
  ['is planned with the archive of another', () => `${FORGED} '${archive}', 'planned', -1, NULL, NULL)`],
  ['is planned with a folder outside of the archives', () => `${FORGED} '../x', 'planned', -1, NULL, NULL)`],
  ['is planned again', () => `UPDATE audit_retirement SET state = 'planned', policy = '{"days":1}'`],
  [
    'is announced by no act, to have what is kept of rows signed',
    () => `INSERT INTO audit_row_retired VALUES ('public', 'rate', '1', repeat('0', 64), false, 1, '${ID}');
             ${FORGED} '2026-02-${ID}', 'announced', 0, '${ID}', '\\x00')`,
  ],
  [
    'is said to be unfinished, of more places',
    () => `UPDATE audit_retirement SET state = 'announced'; UPDATE audit_retired_range SET last_index = 3`,
  ],
])(
  'a row in the table of retirements that %s leaves every archive, and what is kept of rows, as it is',
  async (_what, sql) => {
    await alter(sql());
    const { problems, retired } = await retireLedger();
    expect(problems).toEqual([expect.stringContaining("They contradict the ledger's signed acts")]);
    expect(retired).toEqual([]);
    expect(await readdir(folder)).toEqual([archive]);
    expect((await archives.verify(archive)).verdict).toBe('sound');
    expect(await digestActs()).toBe(0);
    await alter(
      TABLES.map((table) => `DELETE FROM ${table}; INSERT INTO ${table} SELECT * FROM kept_${table}`).join(';'),
    );
  },
);

it('a retirement that was planned past its function is not signed when the policy keeps an event of it for longer, whatever the tables say', async () => {
  const ids = await withClient(ledger.url, (client) =>
    addEventsAt(client, '2026-02-10T12:00:00.000Z', 3, { category: 'payment' }),
  );
  await ledgerSequencer.run();
  const places = 'SELECT min(index)::int AS first, max(index)::int AS last FROM audit_leaf WHERE event_id = ANY ($1)';
  const [{ first, last } = {}] = await ledger.sql(places, [ids]);
  const digest = createHash('sha256')
    .update(`${String(first)}-${String(last)}\n`)
    .digest('hex');
  await ledger.superuserSql(`INSERT INTO audit_retirement (id, kind, partition, policy, as_of, cutoff, archive, events, first_index, last_index, indexes_digest)
       VALUES ('${ID}', 'rows', 'audit_event_2026_02', '${POLICY}', date_trunc('milliseconds', now()),
               date_trunc('milliseconds', now()) - interval '30 days', '2026-02-${ID}', 3, ${String(first)}, ${String(last)}, '${digest}');
     INSERT INTO audit_retired_range VALUES ('${ID}', ${String(first)}, ${String(last)})`);
  const report = await retireLedger();
  expect(report).toMatchObject({ retired: [], waiting: [] });
  expect(report.problems).toEqual([expect.stringContaining(`index ${String(first)} is not due under the policy`)]);

  await alter(`DELETE FROM audit_event WHERE id IN ('${ids.join("', '")}')`);
  const { findings } = await verifyLedger({ database: ledger.superuserUrl, trust: ledgerSigner.trust });
  await alter(
    `DELETE FROM audit_retirement WHERE id = '${ID}'; DELETE FROM audit_retired_range WHERE retirement_id = '${ID}'`,
  );
  expect(findings.map(({ kind }) => kind)).toEqual(['event_missing', 'event_missing', 'event_missing']);
});

it('a retirement whose cutoff is too late for its policy is not announced', async () => {
  const ids = await withClient(ledger.url, (client) => addEventsAt(client, '2026-03-10T12:00:00.000Z', 3));
  await ledgerSequencer.run();
  const stopped = retireLedger((step) => {
    if (step === 'planned') throw new Error('stopped');
  });
  await expect(stopped).rejects.toThrow('stopped');
  await alter(`UPDATE audit_retirement SET cutoff = cutoff + interval '1 hour' WHERE state = 'planned'`);
  const { problems } = await retireLedger();
  expect(problems).toEqual([expect.stringContaining('is too late for its policy')]);
  expect(await ledger.sql('SELECT FROM audit_event WHERE id = ANY ($1)', [ids])).toHaveLength(3);
});
