import type { LedgerRow } from '../ledger/ledger-row.js';
import type { ArchivedNote } from './archived/archived-note.js';
import { selectEvents, type EventSource } from './access-source.js';
import { timeOf } from './query-values.js';
import { InvalidQueryError } from './query.errors.js';
import type { SqlValues } from './sql-values.js';
import { INTERVALS, STATS_BY, type StatsBy, type StatsInterval, type StatsQuery } from './stats-query.dto.js';

/** How many events there were in one step of time. */
export interface StatsStep {
  /** When it begins: RFC 3339, UTC. */
  readonly start: string;
  readonly count: number;
}

/** The events that have one value in common; `null` for those without. */
export interface StatsGroup {
  readonly value: string | null;
  readonly count: number;
  /** Oldest first, without those that had none; absent without an interval. */
  readonly steps?: readonly StatsStep[];
}

/** Counts of events. */
export interface EventStats {
  /** RFC 3339, UTC; inclusive. */
  readonly from: string;
  /** RFC 3339, UTC; exclusive. */
  readonly to: string;
  readonly by: StatsBy;
  readonly interval: StatsInterval | null;
  /** All that were counted. */
  readonly total: number;
  /** The largest first. */
  readonly groups: readonly StatsGroup[];
  /** How many are in no group that is shown. */
  readonly others: number;
  /** Where events of the range were retired, and so are not counted. */
  readonly archived?: Pick<ArchivedNote, 'included' | 'months'>;
}

interface TimeRange {
  readonly from: Date;
  readonly to: Date;
}

const DAY_MS = 86_400_000;
const DEFAULT_DAYS = 30;
const MOST_DAYS = 400;
const MOST_STEPS = 1_000;

/**
 * The time that is counted over.
 *
 * @throws InvalidQueryError (`AUDIT_QUERY_INVALID`) when it is longer than 400 days, or has more than 1,000 steps
 */
export function rangeOf({ from, to, interval }: StatsQuery, now: Date): TimeRange {
  const end = to === undefined ? now : timeOf(to);
  const start = from === undefined ? new Date(end.getTime() - DEFAULT_DAYS * DAY_MS) : timeOf(from);
  const lengthMs = end.getTime() - start.getTime();
  const problems: string[] = [];
  if (lengthMs < 0) problems.push('from must not be after to');
  if (lengthMs > MOST_DAYS * DAY_MS) problems.push(`from and to must be at most ${MOST_DAYS} days apart`);
  if (interval !== undefined && lengthMs / INTERVALS[interval] > MOST_STEPS) {
    problems.push(`interval must be longer: from and to are more than ${MOST_STEPS} of it apart`);
  }
  if (problems.length > 0) throw InvalidQueryError.create(problems);
  return { from: start, to: end };
}

/** A statement that counts: a row for each group and step, the groups' ranks, and with every row the count of all. */
export function countEvents(
  { by, interval, groups }: StatsQuery,
  source: Pick<EventSource, 'access' | 'conditions'>,
  values: SqlValues,
): string {
  const step = interval === undefined ? 'NULL::timestamp' : `date_trunc('${interval}', occurred_at AT TIME ZONE 'UTC')`;
  const columns = `${STATS_BY[by]} AS value, ${step} AS step`;
  return `
    WITH counted AS (
      SELECT value, step, count(*) AS count FROM (${selectEvents({ ...source, columns }, values)}) AS event
      GROUP BY value, step),
    ranked AS (
      SELECT value, sum(count) AS total, row_number() OVER (ORDER BY sum(count) DESC, value) AS rank
      FROM counted GROUP BY value)
    SELECT rank, ranked.value, total::float8 AS total, count::float8 AS count, to_char(step, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS start,
      (SELECT sum(count)::float8 FROM counted) AS of_all
    FROM ranked JOIN counted ON counted.value IS NOT DISTINCT FROM ranked.value WHERE rank <= ${values.place(groups)}
    ORDER BY rank, step`;
}

/** What {@link countEvents} found. */
export function statsOf({ by, interval }: StatsQuery, { from, to }: TimeRange, rows: readonly LedgerRow[]): EventStats {
  const groups = new Map<unknown, StatsGroup & { readonly steps: StatsStep[] }>();
  for (const row of rows) {
    const group = groups.get(row.rank) ?? { value: textOf(row.value), count: Number(row.total), steps: [] };
    groups.set(row.rank, group);
    group.steps.push({ start: String(row.start), count: Number(row.count) });
  }
  const total = Number(rows[0]?.of_all ?? 0);
  const shown = [...groups.values()];
  return {
    from: from.toISOString(),
    to: to.toISOString(),
    by,
    interval: interval ?? null,
    total,
    groups: shown.map(({ value, count, steps }) =>
      interval === undefined ? { value, count } : { value, count, steps },
    ),
    others: total - shown.reduce((sum, { count }) => sum + count, 0),
  };
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
