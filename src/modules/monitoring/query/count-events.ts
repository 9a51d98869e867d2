import type { LedgerRow } from '../store/ledger-row.js';
import { selectEvents, type EventSource } from './access-source.js';
import type { ComplianceTags } from './compliance-tags.js';
import type { StatsStep, StatsGroup, EventStats } from './event-stats.dto.js';
import { InvalidQueryError } from './invalid-query.error.js';
import type { SqlValues } from './sql-values.js';
import { groupedBy } from './stats-by.js';
import { INTERVALS, type StatsQuery } from './stats-query.dto.js';
import { namesFew } from './steps-back.js';
import { rangeOf, type TimeRange } from './time-range.js';

const DAY_MS = 86_400_000;
const MOST_DAYS = 400;
const MOST_STEPS = 1_000;

/**
 * The range of time to count.
 *
 * @throws InvalidQueryError (`AUDIT_QUERY_INVALID`) when it is longer than 400 days without an actor, a resource, a request, a session or a
 * trace, or has more than 1,000 steps
 */
export function countedRangeOf(query: StatsQuery, now = new Date()): TimeRange {
  const { interval } = query;
  const range = rangeOf(query, now);
  const lengthMs = range.to.getTime() - range.from.getTime();
  const problems: string[] = [];
  if (lengthMs > MOST_DAYS * DAY_MS && !namesFew(query)) {
    problems.push(
      `from and to must be at most ${MOST_DAYS} days apart, unless an actor, a resource, a request, a session or a trace is named`,
    );
  }
  if (interval !== undefined && lengthMs / INTERVALS[interval] > MOST_STEPS) {
    problems.push(`interval must be longer: from and to are more than ${MOST_STEPS} of it apart`);
  }
  if (problems.length > 0) throw InvalidQueryError.create(problems);
  return range;
}

/** Writes a statement that counts: a row for each group and step, with the group's rank and the total of all. */
export function countEvents(
  { by, interval, groups }: StatsQuery,
  source: Pick<EventSource, 'access' | 'conditions'>,
  tags: ComplianceTags,
  values: SqlValues,
): string {
  const step = interval === undefined ? 'NULL::timestamp' : `date_trunc('${interval}', occurred_at AT TIME ZONE 'UTC')`;
  const { value, name } = groupedBy(by, source.access, values);
  const columns = `${value} AS value, ${name} AS name, ${step} AS step, occurred_at AS at`;
  const counted = by === 'compliance' ? countedByTag(tags, values) : 'SELECT * FROM seen';
  return `
    WITH seen AS (
      SELECT value, name, step, count(*) AS count, min(at) AS first, max(at) AS last
        FROM (${selectEvents({ ...source, columns }, values)}) AS event GROUP BY value, name, step),
    counted AS (${counted}),
    whole AS (
      SELECT value, name, step, count, sum(count) OVER same AS total, min(first) OVER same AS first, max(last) OVER same AS last
        FROM counted WINDOW same AS (PARTITION BY value, name)),
    ranked AS (SELECT *, dense_rank() OVER (ORDER BY total DESC, value, name) AS rank FROM whole)
    SELECT rank, value, name, total::float8 AS total, count::float8 AS count, ${utc('step')} AS start,
      ${utc("first AT TIME ZONE 'UTC'")} AS first, ${utc("last AT TIME ZONE 'UTC'")} AS last,
      (SELECT sum(count)::float8 FROM seen) AS of_all, (SELECT sum(count)::float8 FROM counted) AS of_groups
    FROM ranked WHERE rank <= ${values.place(groups)}
    ORDER BY rank, step`;
}

/** An event counts once for each tag of its action. */
function countedByTag(tags: ComplianceTags, values: SqlValues): string {
  const pairs = [...tags].flatMap(([action, each]) => each.map((tag) => [action, tag] as const));
  const [actions, tagsOfActions] = [pairs.map(([action]) => action), pairs.map(([, tag]) => tag)];
  return `
    SELECT tagged.tag AS value, seen.name, seen.step, sum(count) AS count, min(first) AS first, max(last) AS last
      FROM seen LEFT JOIN unnest(${values.place(actions)}::text[], ${values.place(tagsOfActions)}::text[]) AS tagged(action, tag)
        ON tagged.action = seen.value
     GROUP BY tagged.tag, seen.name, seen.step`;
}

function utc(timestamp: string): string {
  return `to_char(${timestamp}, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
}

/** The counts in the rows of {@link countEvents}. */
export function statsOf({ by, interval }: StatsQuery, { from, to }: TimeRange, rows: readonly LedgerRow[]): EventStats {
  const groups = new Map<unknown, StatsGroup & { readonly steps: StatsStep[] }>();
  for (const row of rows) {
    const group = groups.get(row.rank) ?? { ...groupOf(row), steps: [] };
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
    groups: shown.map(({ steps, ...group }) => (interval === undefined ? group : { ...group, steps })),
    others: Number(rows[0]?.of_groups ?? 0) - shown.reduce((sum, { count }) => sum + count, 0),
  };
}

function groupOf({ value, name, total, first, last }: LedgerRow): StatsGroup {
  return {
    value: typeof value === 'string' ? value : null,
    ...(typeof name === 'string' ? { name } : {}),
    count: Number(total),
    first: String(first),
    last: String(last),
  };
}
