import { pause } from '../../audit/nest-free.js';
import type { LedgerQueries } from './sessions/ledger-session.js';
import { ledgerErrors } from '../errors/ledger.errors.js';

/** A question of somebody who waits asks the leader to look at once. */
export const WAKE_CHANNEL = 'audit_seal';
/** Asks a leader without a source to let another instance lead. The source's name follows. */
export const YIELD_PAYLOAD = 'yield:';

const WAKE = `SELECT CASE WHEN NOT pg_is_in_recovery() THEN pg_notify('${WAKE_CHANNEL}', $1::text) END`;
const POLL_MS = 15;

/** Beyond so many rows, more are not counted. */
const MAX_ROWS = 10_000;

/** Where events wait to be sealed. */
export type WaitingTable = ReturnType<typeof waitingIn>;

const waitingIn = (table: string, count: string, since: string) => ({
  newest: `SELECT max(position)::text AS position FROM ${table}`,
  passed: `SELECT NOT EXISTS (SELECT FROM ${table} WHERE position <= $1::bigint) AS passed`,
  left: `
    SELECT coalesce(sum(${count}), 0)::int AS events, min(${since}) AS since
      FROM (SELECT ${count}, ${since} FROM ${table} WHERE position <= $1::bigint LIMIT ${MAX_ROWS}) AS waiting`,
});

export const INBOX = waitingIn('audit_inbox', 'events', 'stored_at');
/** Only with the tables of row changes. */
export const OUTBOX = waitingIn('audit_row_change', 'changes', 'changed_at');

/** Events that are not sealed yet, so that no question finds them. */
export interface WaitingEvents {
  /** The position of the newest row that waited when the call began. */
  readonly position: string;
  readonly events: number;
  readonly since: Date;
}

interface Waiting {
  /** @defaultValue {@link INBOX} */
  readonly table?: WaitingTable;
  /** Wakes the leader, if the session leads to a replica. */
  readonly primary?: LedgerQueries | undefined;
}

/** Returns the position of the newest row that waits; `undefined` if none waits. */
export async function readNewestPending(session: LedgerQueries, table = INBOX): Promise<string | undefined> {
  const [row] = await session.rows(table.newest);
  return typeof row?.position === 'string' ? row.position : undefined;
}

/**
 * Waits until the leader has sealed what waited in the inbox when the call began. Resolves after `limitMs` with the events that still wait,
 * and with `undefined` if none waits, which costs one look. Rejects with the error of the PostgreSQL client.
 */
export async function awaitSealed(
  session: LedgerQueries,
  limitMs: number,
  waiting: Waiting = {},
): Promise<WaitingEvents | undefined> {
  return awaitProcessed(session, await readNewestPending(session, waiting.table), limitMs, waiting);
}

/**
 * Waits until everything that was stored before the call is sealed.
 *
 * @throws `AUDIT_SEALING_LATE` after `limitMs`
 */
export async function settle(session: LedgerQueries, limitMs: number): Promise<void> {
  if (await awaitSealed(session, limitMs)) throw ledgerErrors.AUDIT_SEALING_LATE.afterWait(limitMs);
}

/** Waits like {@link awaitSealed}, for what waited at an earlier moment. */
export async function awaitProcessed(
  session: LedgerQueries,
  position: string | undefined,
  limitMs: number,
  { table = INBOX, primary = session }: Waiting = {},
): Promise<WaitingEvents | undefined> {
  if (position === undefined) return undefined;
  const endsAtMs = performance.now() + limitMs;
  const waking = limitMs > 0 ? wakeLeader(primary) : undefined;
  if (primary === session) await waking;
  else waking?.catch(() => undefined); // a replica answers also without the primary
  for (;;) {
    const [row] = await session.rows(table.passed, [position]);
    if (row?.passed === true) return undefined;
    if (performance.now() > endsAtMs) break;
    await pause(POLL_MS);
  }
  const [left] = await session.rows(table.left, [position]);
  const events = Number(left?.events);
  if (events === 0) return undefined;
  return { position, events, since: left?.since instanceof Date ? left.since : new Date() };
}

/** Lets the leader look at once, or yield. Within a transaction, the leader learns it from the commit. */
export async function wakeLeader(
  session: LedgerQueries,
  payload: '' | `${typeof YIELD_PAYLOAD}${string}` = '',
): Promise<void> {
  await session.rows(WAKE, [payload]);
}
