import type { LedgerQueries } from './sessions/ledger-session.js';

/** How the ledger is, as its database says. */
export interface LedgerState {
  /** How many partitions that hold one month there are. */
  readonly partitions: number;
  /** The newest of them; `undefined` without any. */
  readonly lastPartition: string | undefined;
  /** Months in a row that have their partition, from the current one on. */
  readonly monthsReady: number;
  /** Events that are stored and have no place in the tree yet, counted up to {@link MOST_COUNTED}. */
  readonly waitingEvents: number;
  /** For how long the oldest of them is stored; 0 without any. */
  readonly waitingSeconds: number;
  /** Events that the newest checkpoint covers; 0 before the first. */
  readonly size: number;
  /** How long ago the newest checkpoint was signed; `undefined` before the first. */
  readonly checkpointAgeSeconds: number | undefined;
}

/** This month and the next two: of the four that are made, one may be late. */
export const FEWEST_MONTHS_READY = 3;
/** A place is given within about a second. */
export const LONGEST_WAIT_SECONDS = 60;

/** So that the count of a long queue costs no more than a few milliseconds. */
export const MOST_COUNTED = 10_000;

/** How the ledger is now. Rejects with the client's error. */
export async function readLedgerState(session: LedgerQueries): Promise<LedgerState> {
  const [row = {}] = await session.rows(STATE);
  return ledgerStateOfRow(row, new Date());
}

/** Ages are by the server's clock. */
const STATE = String.raw`
  SELECT ARRAY(SELECT c.relname::text FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                WHERE i.inhparent = 'audit_event'::regclass AND c.relname ~ '_\d{4}_\d\d$') AS partitions,
         (SELECT count(*)::int FROM (
           SELECT unnest(event_ids) FROM (
             SELECT event_ids FROM audit_unsequenced ORDER BY transaction, position) AS queue
            LIMIT ${MOST_COUNTED}) AS waiting) AS waiting_events,
         (SELECT extract(epoch FROM clock_timestamp() - min(stored_at))::float8 FROM audit_unsequenced) AS waiting_seconds,
         newest.size,
         extract(epoch FROM clock_timestamp() - newest.signed_at)::float8 AS checkpoint_age
  FROM (VALUES (1)) AS one
  LEFT JOIN (SELECT size, signed_at FROM audit_checkpoint ORDER BY size DESC LIMIT 1) AS newest ON true`;

function ledgerStateOfRow(row: Readonly<Record<string, unknown>>, now: Date): LedgerState {
  const names = (row.partitions as readonly string[]).toSorted(); // the type of the column, as those below
  return {
    partitions: names.length,
    lastPartition: names.at(-1),
    monthsReady: countMonthsReady(names, now),
    waitingEvents: Number(row.waiting_events),
    waitingSeconds: Math.max(Number(row.waiting_seconds ?? 0), 0),
    size: Number(row.size ?? 0),
    checkpointAgeSeconds: row.checkpoint_age === null ? undefined : Math.max(Number(row.checkpoint_age), 0),
  };
}

/** How many months in a row have a partition, from the month (UTC) of `now` on, by the partitions' names. */
export function countMonthsReady(names: readonly string[], now: Date): number {
  const months = new Set(names.map((name) => name.slice(-7)));
  let ready = 0;
  while (months.has(nameOfMonth(now, ready))) ready++;
  return ready;
}

function nameOfMonth(now: Date, later: number): string {
  const month = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + later, 1));
  return month.toISOString().slice(0, 7).replace('-', '_');
}
