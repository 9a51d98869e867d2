import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { uuidv7 } from 'uuidv7';
import { lockActs } from '../../src/modules/monitoring/acts/store-act.js';
import type { LogSequencer } from '../../src/modules/monitoring/sequencer/log-sequencer.js';
import type { CheckpointSigner } from '../../src/modules/monitoring/signing/checkpoint-signer.service.js';
import type { Verification } from '../../src/modules/monitoring/verify/verification.js';
import { verifyLedger } from '../../src/modules/monitoring/verify/verify-ledger.js';
import { ERASURE } from '../../src/modules/monitoring/store/ledger-roles.js';
import { ERASURE_LIMITS } from '../../src/modules/monitoring/store/session-limits.js';
import { LedgerSession } from '../../src/modules/monitoring/store/ledger-session.js';
import { signErased } from '../../src/modules/monitoring/lifecycle/erasure/sign-erased.js';
import { addEvents, makeSequencer, makeSigner } from '../support/log-scene.js';
import { runSql, withClient } from '../support/sql.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

let database: TestDatabase;
let signer: CheckpointSigner;
let sequencer: LogSequencer;
let client: pg.Client;
let ids: readonly string[];

/** Two acts of erasures, of three events and of two. */
beforeAll(async () => {
  database = await createTestDatabase();
  signer = await makeSigner();
  ({ sequencer } = makeSequencer(database.url, signer));
  ids = await withClient(database.url, (writer) => addEvents(writer, 300));
  await sequencer.step();
  const keeper = await LedgerSession.open(database.url, ERASURE, ERASURE_LIMITS);
  for (const eventIds of [ids.slice(0, 3), ids.slice(10, 12)]) {
    await keeper.inTransaction(async () => {
      await lockActs(keeper);
      await keeper.rows('SELECT audit_erase($1::uuid[])', [eventIds]);
      await signErased(keeper, { id: uuidv7(), eventIds }, signer);
    });
  }
  await keeper.close();
  await sequencer.step();
  client = new pg.Client({ connectionString: database.superuserUrl });
  await client.connect();
});

afterAll(async () => {
  await client.end();
  await sequencer.close();
  await database.drop();
});

/** As the superuser, without triggers; undone once it is verified. */
async function verifyAfter(sql: string, values: readonly unknown[] = []): Promise<Verification> {
  await client.query('BEGIN');
  try {
    await client.query(`SET LOCAL session_replication_role = 'replica'`);
    await client.query(sql, [...values]);
    return await verifyLedger({ database: client, trust: signer.trust });
  } finally {
    await client.query('ROLLBACK');
  }
}

const NULLED = `
  UPDATE audit_event SET personal = NULL, personal_salt = NULL, actor_name = NULL, ip = NULL, user_agent = NULL
   WHERE id = $1`;

describe('erasures', () => {
  it('are signed acts, and leave a sound ledger', async () => {
    const whole = await verifyAfter('SELECT 1');
    expect(whole).toMatchObject({ verdict: 'sound', erased: 5, findings: [], size: 302 });
    const acts = await client.query(`SELECT details FROM audit_event WHERE type = 'audit_events_erased' ORDER BY id`);
    expect(acts.rows.map((row: { details: object }) => row.details)).toMatchObject([{ events: 3 }, { events: 2 }]);
  });

  it('that no act signed are named, with their event and its place', async () => {
    const { findings } = await verifyAfter(NULLED, [ids[20]]);
    const [leaf] = await runSql(database.superuserUrl, 'SELECT index FROM audit_leaf WHERE event_id = $1', [ids[20]]);
    const index = Number(leaf?.index);
    expect(findings).toMatchObject([{ kind: 'erasure_forged', table: 'audit_event', index, eventId: ids[20] }]);
  });

  it('are named where an event has a personal part again', async () => {
    const sql = `
      UPDATE audit_event event SET personal = other.personal, personal_salt = other.personal_salt, actor_name = other.actor_name
        FROM audit_event other WHERE event.id = $1 AND other.id = $2`;
    const kinds = (await verifyAfter(sql, [ids[1], ids[20]])).findings.map(({ kind, eventId }) => [kind, eventId]);
    expect(kinds).toContainEqual(['erasure_undone', ids[1]]);
  });

  it.each([
    [
      'an event is taken from the list',
      'DELETE FROM audit_erased WHERE event_id = $1',
      1,
      ['altered', 'forged', 'forged', 'forged'],
    ],
    [
      'an event is added to the list',
      'INSERT INTO audit_erased SELECT $1, min(act) FROM audit_erased',
      20,
      ['altered', 'forged', 'forged', 'forged'],
    ],
    ['an event is listed under no act', 'INSERT INTO audit_erased VALUES ($1, 99)', 20, ['forged']],
    [
      'the act is gone',
      'DELETE FROM audit_act WHERE number = 2 AND $1::uuid IS NOT NULL',
      1,
      ['forged', 'forged', 'forged'],
    ],
  ])('are named where %s', async (_what, sql, nth, kinds) => {
    const { findings } = await verifyAfter(sql, [ids[nth]]);
    const seen = findings.map(({ kind }) => kind).filter((kind) => kind.startsWith('erasure'));
    expect(seen.toSorted()).toEqual(kinds.map((kind) => `erasure_${kind}`));
  });
});
