import { selectTimeText, type LedgerRow } from '../../store/ledger-row.js';
import { selectEvents, type EventSource } from './access-source.js';
import type { ComplianceTags } from './ledger-event.js';
import type { EventStats, StatsStep } from './event-stats.dto.js';
import type { SqlValues } from './sql-values.js';
import { buildGroupColumns, INTERVALS, type StatsQuery } from './stats-query.dto.js';
import { isSelective, resolveRange, type TimeRange } from './time-range.js';
import { readErrors } from '../../errors/read.errors.js';

const MAX_DAYS = 400;
const MAX_STEPS = 1_000;

/**
 * Returns the range of time in which events are counted.
 *
 * @throws `AUDIT_QUERY_INVALID` for more than 1,000 steps. Also for more than 400 days, unless the query names an actor,
 *   a resource, a request, a session or a trace
 */
export function resolveCountRange(query: StatsQuery, now = new Date()): TimeRange {
  const { interval } = query;
  const range = resolveRange(query, now);
  const lengthMs = range.to.getTime() - range.from.getTime();
  const problems: string[] = [];
  if (lengthMs > MAX_DAYS * INTERVALS.day && !isSelective(query)) {
    problems.push(
      `from and to must be at most ${MAX_DAYS} days apart, unless an actor, a resource, a request, a session or a trace is named`,
    );
  }
  if (interval !== undefined && lengthMs / INTERVALS[interval] > MAX_STEPS) {
    problems.push(`interval must be longer: from and to are more than ${MAX_STEPS} intervals apart`);
  }
  if (problems.length > 0) throw readErrors.AUDIT_QUERY_INVALID(problems);
  return range;
}

/** Returns an SQL query that counts events. The result has a row for each of the largest groups, with the steps of the group and the totals. */
export function countEvents(
  { by, interval, groups }: StatsQuery,
  source: Pick<EventSource, 'access' | 'conditions'>,
  tags: ComplianceTags,
  values: SqlValues,
): string {
  const step = interval === undefined ? 'NULL::timestamptz' : `date_trunc('${interval}', occurred_at, 'UTC')`;
  const { value, name } = buildGroupColumns(by, source.access, values);
  const columns = `${value} AS value, ${name} AS name, ${step} AS step, occurred_at AS at`;
  const counted = by === 'compliance' ? countedByTag(tags, values) : 'SELECT * FROM seen';
  return `
    WITH seen AS (
      SELECT value, name, step, count(*) AS count, min(at) AS first, max(at) AS last
        FROM (${selectEvents({ ...source, columns }, values)}) AS event GROUP BY value, name, step),
    counted AS (${counted})
    SELECT value, name, sum(count)::float8 AS count, ${selectTimeText('min(first)')} AS first, ${selectTimeText('max(last)')} AS last,
      json_agg(json_build_object('start', ${selectTimeText('step')}, 'count', count) ORDER BY step) AS steps,
      (SELECT sum(count)::float8 FROM seen) AS of_all, (SELECT sum(count)::float8 FROM counted) AS of_groups
    FROM counted GROUP BY value, name ORDER BY sum(count) DESC, value, name LIMIT ${values.bind(groups)}`;
}

function countedByTag(tags: ComplianceTags, values: SqlValues): string {
  const pairs = [...tags].flatMap(([action, each]) => each.map((tag) => ({ action, tag })));
  return `
    SELECT tag AS value, name, step, sum(count) AS count, min(first) AS first, max(last) AS last
      FROM seen LEFT JOIN json_to_recordset(${values.bind(JSON.stringify(pairs))}) AS tagged(action text, tag text) ON action = value
     GROUP BY tag, name, step`;
}

export function toEventStats(
  { by, interval }: StatsQuery,
  { from, to }: TimeRange,
  rows: readonly LedgerRow[],
): EventStats {
  const groups = rows.map(({ value, name, count, first, last, steps }) => ({
    value: typeof value === 'string' ? value : null,
    ...(typeof name === 'string' ? { name } : {}),
    ...{ count: Number(count), first: String(first), last: String(last) },
    ...(interval === undefined ? {} : { steps: steps as readonly StatsStep[] }), // the statement builds the steps
  }));
  return {
    from: from.toISOString(),
    to: to.toISOString(),
    by,
    interval: interval ?? null,
    total: Number(rows[0]?.of_all ?? 0),
    groups,
    others: Number(rows[0]?.of_groups ?? 0) - groups.reduce((sum, { count }) => sum + count, 0),
  };
}
