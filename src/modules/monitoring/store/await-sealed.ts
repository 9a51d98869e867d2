import { pause } from '../../../audit/plain.js';
import { LEADER } from './ledger-roles.js';
import type { LedgerQueries } from './sessions/ledger-session.js';

/** A question of somebody who waits asks the leader to look at once. */
export const WAKE_CHANNEL = 'audit_seal';

const WAITING = 'SELECT max(position)::text AS position FROM audit_inbox';
const QUEUED = 'SELECT max(position)::text AS position FROM audit_unsequenced';
const WAKE = `SELECT CASE WHEN NOT pg_is_in_recovery() THEN pg_notify('${WAKE_CHANNEL}', '') END`;
/** A replica shows no locks of the primary. */
const PASSED = `
  SELECT NOT EXISTS (SELECT FROM audit_inbox WHERE position <= $1::bigint)
     AND NOT EXISTS (SELECT FROM audit_unsequenced WHERE position <= $2::bigint) AS passed,
         pg_is_in_recovery() OR EXISTS (
           SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 2 AND classid = ${LEADER.lock.class}::oid
              AND objid = hashtext('${LEADER.lock.table}'::regclass::oid::text)::oid
              AND database = (SELECT oid FROM pg_database WHERE datname = current_database())) AS has_leader`;
const LOOK_MS = 15;

/**
 * Waits until the leader has sealed what waited in the inbox when the call began. Resolves with whether it has: not after `limitMs`, and not
 * while no instance leads. Costs one look if nothing waits. Rejects with the error of the PostgreSQL client.
 *
 * @param withQueue whether to wait for events outside of the inbox, too, which questions find before they are sealed
 */
export async function awaitSealed(session: LedgerQueries, limitMs: number, withQueue = false): Promise<boolean> {
  const position = await newest(session, WAITING);
  const queued = withQueue ? await newest(session, QUEUED) : '0';
  if (position === '0' && queued === '0') return true;
  const endsAtMs = performance.now() + limitMs;
  await session.rows(WAKE);
  for (;;) {
    const [row] = await session.rows(PASSED, [position, queued]);
    if (row?.passed === true) return true;
    if (performance.now() > endsAtMs || (row?.has_leader !== true && !withQueue)) return false;
    await pause(LOOK_MS);
  }
}

async function newest(session: LedgerQueries, text: string): Promise<string> {
  const [row] = await session.rows(text);
  return typeof row?.position === 'string' ? row.position : '0';
}
