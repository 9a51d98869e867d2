import type { AuditRoom } from '../../../../migrations/audit-migrations.js';
import type { LedgerQueries } from './ledger-session.js';
import { roomsBeside } from './rooms-beside.js';

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
  /** For how long the oldest captured row change waits for the ledger; 0 without any. */
  readonly changeSeconds: number;
  /** Captured row changes that the ledger cannot store. */
  readonly parkedChanges: number;
  /** Events that the newest checkpoint covers; 0 before the first. */
  readonly size: number;
  /** How long ago the newest checkpoint was signed; `undefined` before the first. */
  readonly checkpointAgeSeconds: number | undefined;
  /** How far the rules have looked; `undefined` before they first did. */
  readonly watch: WatchState | undefined;
}

/** The row of `audit_watch`: a note of the ledger's key, and what of it is shown. */
export interface WatchRow {
  /** The next place to look at. */
  readonly place: number;
  /** When rules ran last, in milliseconds since 1970. */
  readonly lookedAtMs: number;
  readonly note: string;
}

/** The columns of a {@link WatchRow}, as SQL. */
export const WATCH_COLUMNS = `
  place::float8 AS place, round(extract(epoch FROM looked_at) * 1000)::float8 AS "lookedAtMs", note`;

/** How far the rules have looked, by a row that is to be held against its note. */
export interface WatchState extends WatchRow {
  /** Sealed events that they have not looked at. */
  readonly lagEvents: number;
  /** How long ago an instance ran them. */
  readonly lookedSeconds: number;
}

/** This month and the next two: of the four that are made, one may be late. */
export const FEWEST_MONTHS_READY = 3;
/** A place is given within about a second. */
export const LONGEST_WAIT_SECONDS = 60;

/** So that the count of a long queue costs no more than a few milliseconds. */
export const MOST_COUNTED = 10_000;

/** How the ledger is now; without the rooms that are not beside it. Rejects with the client's error. */
export async function readLedgerState(session: LedgerQueries): Promise<LedgerState> {
  const [row = {}] = await session.rows(statementFor(await roomsBeside(session)));
  return ledgerStateOfRow(row, new Date());
}

const CHANGES = `
  (SELECT extract(epoch FROM clock_timestamp() - changed_at)::float8 FROM audit_row_change ORDER BY position LIMIT 1) AS change_seconds,
  (SELECT coalesce(sum(least(greatest(changes, 1), 500)), 0)::int FROM audit_row_change_parked) AS parked_changes,`;
const WATCH = `
  to_json(watch) AS watch, extract(epoch FROM clock_timestamp())::float8 - watch."lookedAtMs" / 1000 AS looked_seconds,`;
const WATCHED = `LEFT JOIN (SELECT ${WATCH_COLUMNS} FROM audit_watch) AS watch ON true`;

/** Ages are by the server's clock. */
function statementFor(rooms: ReadonlySet<AuditRoom>): string {
  const hasWatch = rooms.has('watch');
  return String.raw`
  SELECT ARRAY(SELECT c.relname::text FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                WHERE i.inhparent = 'audit_event'::regclass AND c.relname ~ '_\d{4}_\d\d$') AS partitions,
         (SELECT count(*)::int FROM (
           SELECT unnest(event_ids) FROM (
             SELECT event_ids FROM audit_unsequenced ORDER BY transaction, position) AS queue
            LIMIT ${MOST_COUNTED}) AS waiting) AS waiting_events,
         (SELECT extract(epoch FROM clock_timestamp() - min(stored_at))::float8 FROM audit_unsequenced) AS waiting_seconds,
         ${rooms.has('row-changes') ? CHANGES : ''} ${hasWatch ? WATCH : ''} newest.size,
         extract(epoch FROM clock_timestamp() - newest.signed_at)::float8 AS checkpoint_age
  FROM (VALUES (1)) AS one
  LEFT JOIN (SELECT size, signed_at FROM audit_checkpoint ORDER BY size DESC LIMIT 1) AS newest ON true
  ${hasWatch ? WATCHED : ''}`;
}

function ledgerStateOfRow(row: Readonly<Record<string, unknown>>, now: Date): LedgerState {
  const size = Number(row.size ?? 0);
  const watch = row.watch as WatchRow; // of the columns; null without a row
  const names = (row.partitions as readonly string[]).toSorted(); // the type of the column, as those below
  return {
    partitions: names.length,
    lastPartition: names.at(-1),
    monthsReady: countMonthsReady(names, now),
    waitingEvents: Number(row.waiting_events),
    waitingSeconds: Math.max(Number(row.waiting_seconds ?? 0), 0),
    changeSeconds: Math.max(Number(row.change_seconds ?? 0), 0),
    parkedChanges: Number(row.parked_changes ?? 0),
    size,
    checkpointAgeSeconds: row.checkpoint_age === null ? undefined : Math.max(Number(row.checkpoint_age), 0),
    watch:
      typeof row.looked_seconds === 'number'
        ? { ...watch, lagEvents: Math.max(size - watch.place, 0), lookedSeconds: Math.max(row.looked_seconds, 0) }
        : undefined,
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
