import { defineChecks, formatCount, assess, type Verdict } from './check.js';
import type { LedgerRow } from './ledger-row.js';
import type { LedgerQueries } from './sessions/ledger-session.js';
import { ledgerErrors } from '../errors/ledger.errors.js';

export interface LedgerState {
  readonly partitions: number;
  /** The newest partition; `undefined` without a partition. */
  readonly lastPartition: string | undefined;
  /** The number of consecutive months with a partition, from the current month on. */
  readonly monthsReady: number;
  /** The number of stored events that no checkpoint covers yet. At most {@link MAX_COUNTED} of those that are not sealed are counted. */
  readonly waitingEvents: number;
  /** The age of the oldest stored event that is not sealed, or of the last seal without a checkpoint; 0 if a checkpoint covers all events. */
  readonly waitingSeconds: number;
  /** The number of lines of the inbox that cannot be sealed. */
  readonly parkedLines: number;
  /** The bytes of the disk that parked lines take. */
  readonly parkedBytes: number;
  /** The number of events that the newest checkpoint covers; 0 before the first checkpoint. */
  readonly size: number;
  /** The age of the newest checkpoint; `undefined` before the first one. */
  readonly checkpointAgeSeconds: number | undefined;
}

export interface LedgerDisk {
  /** The size of the ledger's tables and indexes. */
  readonly bytes: number;
  /** {@link bytes}, divided by the number of events in the database. Row changes and reads of the ledger are events, too. */
  readonly bytesPerEvent: number;
  /** How many events were sealed in the last 30 days. */
  readonly newEvents: number;
}

export interface KnownLedger {
  readonly isUp: boolean;
  /** The state at the last successful read; `undefined` before the first one. */
  readonly state: LedgerState | undefined;
  /** The age in seconds of the last publication at each destination, at the time of the last read. The map's key is the destination. */
  readonly published: ReadonlyMap<string, number>;
  /** The result row of each extension's query. The map's key is the text of the query (`stateQuery`). */
  readonly extensionRows: ReadonlyMap<string, LedgerRow>;
  /** Absent if nobody read it. */
  readonly disk?: LedgerDisk | undefined;
  readonly ageSeconds: number;
}

/** Returns what a command knows that has just read the state. */
export function toKnownLedger(state: LedgerState, disk?: LedgerDisk): KnownLedger {
  return { isUp: true, state, disk, published: new Map(), extensionRows: new Map(), ageSeconds: 0 };
}

/** What the checks of a running application need. */
export interface RunningLedger {
  /** The newest known state. */
  readonly ledger: KnownLedger;
  /** Reads the tables of the ledger except its events; absent while the ledger does not answer. */
  readonly reader: LedgerQueries;
}

/** Makes a check of a running application. */
export const runningCheck = defineChecks<RunningLedger>();

/** Checks the partitions for the coming months. */
export const PARTITIONS = runningCheck('partitions', ['ledger'], ({ ledger: { state } }) => {
  const { monthsReady = null, partitions = null, lastPartition = null } = state ?? {};
  const isLacking = monthsReady !== null && monthsReady < MIN_MONTHS_READY;
  const problems = [isLacking ? ledgerErrors.AUDIT_PARTITIONS_MISSING(monthsReady) : undefined];
  const message = `${monthsReady ?? 'No'} consecutive months have a partition.`;
  return assess(problems, message, { monthsReady, partitions, lastPartition });
});

/** Judges the events that wait to be sealed. @param isWeb whether this process cannot seal them itself */
export function assessSealing(
  { state, ageSeconds }: Pick<KnownLedger, 'state' | 'ageSeconds'>,
  isWeb = false,
  failed?: Error,
): Verdict {
  const waitingEvents = state?.waitingEvents ?? null;
  const waitingSeconds = state && waitingEvents ? Math.round(state.waitingSeconds + ageSeconds) : 0;
  const parkedLines = state?.parkedLines ?? 0;
  const problems = [
    failed,
    waitingSeconds > MAX_WAIT_SECONDS ? ledgerErrors.AUDIT_SEALING_LATE.inHealth(waitingSeconds, isWeb) : undefined,
    parkedLines > 0 ? ledgerErrors.AUDIT_LINES_PARKED(parkedLines) : undefined,
  ];
  const message = `${formatCount(waitingEvents ?? 0, 'event waits', 'events wait')} to be sealed.`;
  return assess(problems, message, { waitingEvents, waitingSeconds, parkedLines });
}

export const SEALING = runningCheck('sealing', ['ledger'], ({ ledger }) => assessSealing(ledger));

/**
 * The minimum number of months with a partition, including this month. The ledger prepares four months of partitions, so one partition may
 * be late.
 */
const MIN_MONTHS_READY = 3;
/** The longest time that an event normally waits for its seal. An event is usually sealed within about a second. */
export const MAX_WAIT_SECONDS = 60;

/** Reads when the first leader of this ledger began; no value before. Each leader stores its key before it seals. */
export const SELECT_FIRST_LED_AT = 'SELECT min(first_used_at) FROM audit_signing_key';

/** Limits the count, so that a long queue costs a few milliseconds at most. */
export const MAX_COUNTED = 10_000;

/** Reads the ledger's present state. Rejects with the error of the PostgreSQL client. */
export async function readLedgerState(session: LedgerQueries): Promise<LedgerState> {
  const [row = {}] = await session.rows(STATE);
  const names = (row.partitions as readonly string[]).toSorted(); // an array of texts
  return {
    partitions: names.length,
    lastPartition: names.at(-1),
    monthsReady: countMonthsReady(names, new Date()),
    waitingEvents: Number(row.waiting_events),
    waitingSeconds: Math.max(Number(row.waiting_seconds ?? 0), 0),
    parkedLines: Number(row.parked_lines),
    parkedBytes: Number(row.parked_bytes),
    size: Number(row.size ?? 0),
    checkpointAgeSeconds: row.checkpoint_age === null ? undefined : Math.max(Number(row.checkpoint_age), 0),
  };
}

/** Ages are computed with the clock of the database server. An event with an impossible time counts as old. */
const STATE = String.raw`
  SELECT ARRAY(SELECT c.relname::text FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                WHERE i.inhparent = 'audit_event'::regclass AND c.relname ~ '_\d{4}_\d\d$') AS partitions,
         (SELECT coalesce(sum(events), 0) FROM (SELECT events FROM audit_inbox LIMIT ${MAX_COUNTED}) AS rows)::int
           + unsigned.events AS waiting_events,
         extract(epoch FROM clock_timestamp() - least(unsigned.since, (SELECT min(CASE
           WHEN stored_at BETWEEN 'epoch' AND clock_timestamp() + interval '5 min' THEN stored_at ELSE 'epoch' END) FROM audit_inbox)))::float8 AS waiting_seconds,
         (SELECT count(*) FROM (SELECT FROM audit_parked LIMIT ${MAX_COUNTED}) AS lines)::int AS parked_lines,
         pg_total_relation_size('audit_parked') AS parked_bytes,
         newest.size,
         extract(epoch FROM clock_timestamp() - newest.signed_at)::float8 AS checkpoint_age
  FROM (SELECT coalesce(max(size - signed), 0)::int AS events, min(sealed_at) FILTER (WHERE size > signed) AS since FROM audit_head) AS unsigned
  LEFT JOIN (SELECT size, signed_at FROM audit_checkpoint ORDER BY size DESC LIMIT 1) AS newest ON true`;

function countMonthsReady(names: readonly string[], now: Date): number {
  const months = new Set(names.map((name) => name.slice(-7)));
  let ready = 0;
  while (months.has(formatPartitionMonth(now, ready))) ready++;
  return ready;
}

function formatPartitionMonth(now: Date, later: number): string {
  const month = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + later, 1));
  return month.toISOString().slice(0, 7).replace('-', '_');
}
