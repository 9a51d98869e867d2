import { afterAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import type { Verification } from '../../src/modules/monitoring/verify/verification.js';
import { verifyLedger, type VerifyLedgerOptions } from '../../src/modules/monitoring/verify/verify-ledger.js';
import { RETENTION } from '../../src/modules/monitoring/store/ledger-roles.js';
import { LedgerSession } from '../../src/modules/monitoring/store/ledger-session.js';
import { RETENTION_LIMITS } from '../../src/modules/monitoring/store/session-limits.js';
import { placeHold, releaseHold, type HoldAct } from '../../src/modules/monitoring/lifecycle/holds/holds.js';
import { addEvents, createTestDatabase, makeSequencer, makeSigner, withClient } from '../support/index.js';

let over: HoldAct;

const database = await createTestDatabase();
const signer = await makeSigner();
const { sequencer } = makeSequencer(database.url, signer);
const keeper = await LedgerSession.open(database.url, RETENTION, RETENTION_LIMITS);
over = await placeHold(keeper, { reason: 'before anything was sealed', tenantId: 'acme' }, 'counsel', signer);
await withClient(database.url, (writer) => addEvents(writer, 300));
await sequencer.step();
const request = { reason: 'case 17', actorId: 'u-1', occurredFrom: '2026-01-01', until: '2099-01-01' };
const active = await placeHold(keeper, request, 'counsel', signer);
over = await releaseHold(keeper, over.hold.id, { by: 'judge', reason: 'settled' }, signer);
await sequencer.step();
const client = new pg.Client({ connectionString: database.superuserUrl });
await client.connect();

afterAll(async () => {
  await client.end();
  await keeper.close();
  await sequencer.close();
  await database.drop();
});

/** As the superuser, without triggers; undone once it is verified. */
async function verifyAfter(
  sql: string,
  values: readonly unknown[] = [],
  options: Partial<VerifyLedgerOptions> = {},
): Promise<Verification> {
  await client.query('BEGIN');
  try {
    await client.query(`SET LOCAL session_replication_role = 'replica'`);
    await client.query(sql, [...values]);
    return await verifyLedger({ database: client, trust: signer.trust, ...options });
  } finally {
    await client.query('ROLLBACK');
  }
}

describe('the legal holds of a ledger', () => {
  it('are what signed acts state, also those from before the first checkpoint', async () => {
    expect(await verifyAfter('SELECT 1')).toMatchObject({ verdict: 'sound', size: 306, findings: [] });
    expect(active.act).not.toContain('u-1'); // a fact of the log, which no erasure reaches
  });

  it('need no event to be told from forged ones: the acts have a table of their own', async () => {
    const removed = `DELETE FROM audit_event WHERE type IN ('legal_hold_placement', 'audit_hold_placed')`;
    const kinds = (await verifyAfter(removed)).findings.map(({ kind }) => kind);
    expect(kinds).toEqual(['event_missing', 'event_missing', 'event_missing', 'event_missing']);
  });

  it('are named where their acts are of another key, or from the future', async () => {
    const stranger = await makeSigner();
    expect((await verifyAfter('SELECT 1', [], { trust: stranger.trust })).verdict).toBe('tampered');
    const yesterday = (): number => Date.now() - 86_400_000;
    const early = await verifyAfter('SELECT 1', [], { now: yesterday });
    expect(early.findings.map(({ kind }) => kind)).toEqual(['hold_forged', 'hold_forged']);
  });

  it('keep the events of their acts when all else is retired', async () => {
    const due = `SELECT count(*)::int AS due FROM audit_event event WHERE audit_is_due(event, '{"days": 1}', now() + interval '90 days')`;
    const { rows } = await client.query<{ due: number }>(due);
    expect(rows).toEqual([{ due: 303 }]); // with the three events that people read
  });
});
