import { pause } from '../../../audit/plain.js';
import type { LedgerQueries } from './sessions/ledger-session.js';

/** A question of somebody who waits asks the leader to look at once. */
export const WAKE_CHANNEL = 'audit_seal';

const WAITING = 'SELECT max(position)::text AS position FROM audit_inbox';
const QUEUED = 'SELECT max(position)::text AS position FROM audit_unsequenced';
const WAKE = `SELECT CASE WHEN NOT pg_is_in_recovery() THEN pg_notify('${WAKE_CHANNEL}', '') END`;
const PASSED = `
  SELECT NOT EXISTS (SELECT FROM audit_inbox WHERE position <= $1::bigint)
     AND NOT EXISTS (SELECT FROM audit_unsequenced WHERE position <= $2::bigint) AS passed`;
/** Beyond so many rows, more are not counted. */
const MOST_ROWS = 10_000;
const LEFT = `
  SELECT coalesce(sum(events), 0)::int AS events, min(stored_at) AS since
    FROM (SELECT events, stored_at FROM audit_inbox WHERE position <= $1::bigint LIMIT ${MOST_ROWS}) AS waiting`;
const LOOK_MS = 15;

/** Events that are not sealed yet, so that no question finds them. */
export interface WaitingEvents extends WaitingMark {
  readonly events: number;
  readonly since: Date;
}

/** The newest rows that waited at one moment. */
export interface WaitingMark {
  readonly position: string;
  /** Of the events outside of the inbox. */
  readonly queued: string;
}

export async function markWaiting(session: LedgerQueries, withQueue = true): Promise<WaitingMark> {
  const position = await newest(session, WAITING);
  return { position, queued: withQueue ? await newest(session, QUEUED) : '0' };
}

/**
 * Waits until the leader has sealed what waited in the inbox when the call began. Resolves after `limitMs` with the events that still wait,
 * and with `undefined` if none waits, which costs one look. Rejects with the error of the PostgreSQL client.
 *
 * @param withQueue whether to wait for events outside of the inbox, too, which questions find before they are sealed
 */
export async function awaitSealed(
  session: LedgerQueries,
  limitMs: number,
  withQueue = false,
): Promise<WaitingEvents | undefined> {
  return awaitMark(session, await markWaiting(session, withQueue), limitMs);
}

/** Waits like {@link awaitSealed}, for what waited at an earlier moment. */
export async function awaitMark(
  session: LedgerQueries,
  { position, queued }: WaitingMark,
  limitMs: number,
): Promise<WaitingEvents | undefined> {
  if (position === '0' && queued === '0') return undefined;
  const endsAtMs = performance.now() + limitMs;
  await session.rows(WAKE);
  for (;;) {
    const [row] = await session.rows(PASSED, [position, queued]);
    if (row?.passed === true) return undefined;
    if (performance.now() > endsAtMs) break;
    await pause(LOOK_MS);
  }
  const [left] = await session.rows(LEFT, [position]);
  const events = Number(left?.events);
  if (events === 0 && queued === '0') return undefined;
  return { position, queued, events, since: left?.since instanceof Date ? left.since : new Date() };
}

async function newest(session: LedgerQueries, text: string): Promise<string> {
  const [row] = await session.rows(text);
  return typeof row?.position === 'string' ? row.position : '0';
}
