import type { FilterMeaning } from '../../monitoring/read/query/predicates.js';
import { SqlValues } from '../../monitoring/read/query/sql-values.js';
import { createFirstIdAt } from '../../monitoring/store/id-time.js';
import { MatchSql } from './match-sql.js';
import type { Count, CountedEvents, LinkedRule, LinkedSequence } from './rules/link-rules.js';

/** The maximum number of event ids in an alert. */
export const MAX_MATCHED_IDS = 100;

/** A range of indexes in the log, including the last one. */
export interface IndexRange {
  readonly first: number;
  readonly last: number;
}

/** The new matches of a rule: the time of the first and of the last, in milliseconds since 1970, and the values of each field of the group. */
export interface NewMatches {
  readonly from: number;
  readonly until: number;
  readonly values: readonly (readonly string[])[];
}

export interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** Returns how long before and after a new match other events can decide about an alert, in milliseconds. */
export function getReach(linked: LinkedRule): { readonly before: number; readonly after: number } {
  if (linked.kind === 'event') return { before: linked.rule.repeatAfterMs, after: 0 };
  if (linked.kind === 'count') return reachOfCount(linked.count);
  const { timespanMs, repeatAfterMs } = linked.rule;
  const first = 'parts' in linked.first ? reachOfCount(linked.first) : { before: 0, after: 0 };
  return { before: repeatAfterMs + timespanMs + first.before, after: first.after + timespanMs };
}

/** The window of a match, and the window of the match before it. */
function reachOfCount({ timespanMs }: Count) {
  return { before: 2 * timespanMs, after: timespanMs };
}

const BY_GROUP = 'PARTITION BY tenant, grp';

/**
 * Writes the statements that find the alerts of one rule for the new events of an index range.
 *
 * Matches are ordered by id, and so by time. An alert belongs to
 *
 * - for a count: a match in whose window the count is at the threshold or above, while it is below in the window of the group's match before;
 * - for single events and for a sequence: a match without another one of its group in `repeat-after` before it.
 *
 * Only events up to the end of the range count. A match for which this was true without the new events is left out: it has its alert. An event that is
 * sealed late counts at its own time, and so can complete the window of a match that was sealed before it.
 */
export class AlertSql {
  private readonly values = new SqlValues();
  private readonly matches: MatchSql;
  private readonly range: string;

  constructor(
    private readonly linked: LinkedRule,
    { first, last }: IndexRange,
    private readonly fresh: NewMatches,
    meaning: FilterMeaning,
  ) {
    this.matches = new MatchSql(this.values, meaning);
    const { before, after } = getReach(linked);
    // A nested loop looks up the leaf of each event that matches.
    this.range = `
      events AS NOT MATERIALIZED (
        SELECT audit_event.*, index >= ${this.bind(first, 'bigint')} AS is_new
          FROM audit_event JOIN audit_leaf ON event_id = id AND index <= ${this.bind(last, 'bigint')}
         WHERE id >= ${this.bind(createFirstIdAt(new Date(fresh.from - before)), 'uuid')}
           AND id < ${this.bind(createFirstIdAt(new Date(fresh.until + after + 1)), 'uuid')})`;
  }

  /**
   * Each row of the result is an alert: `tenant`, `grp` (the values of the group), `ids` (the last matched events, the oldest first), `count`, `from_ms` and
   * `to_ms`.
   */
  selectAlerts(): Statement {
    const { linked } = this;
    if (linked.kind === 'event') return this.statement(this.alertsOfEvents(linked.events, linked.rule.repeatAfterMs));
    if (linked.kind === 'count') return this.statement(this.alertsOfCount(linked.count));
    return this.statement(this.alertsOfSequence(linked));
  }

  /**
   * Selects the groups (`grp`) that have a match of the second rule of a sequence since the first new match. Only they can have an alert, so a flood of
   * failed logins costs no count of its matches until a login succeeds.
   */
  selectEndedGroups({ second }: LinkedSequence): Statement {
    const since = this.bind(this.fresh.from, 'bigint');
    return this.statement(
      `WITH ${this.range} SELECT DISTINCT grp FROM (${this.select(second)}) AS second WHERE ms >= ${since}`,
    );
  }

  /** Of the older matches of a group, reads the newest one alone, however many there are. */
  private alertsOfEvents(events: CountedEvents, repeatAfterMs: number): string {
    const older = `
      SELECT ms FROM (${this.select(events)} AND NOT is_new) AS older
       WHERE id < match.id AND tenant IS NOT DISTINCT FROM match.tenant AND grp = match.grp ORDER BY id DESC LIMIT 1`;
    return `
      WITH ${this.range},
      matches AS (
        SELECT *, lag(ms) OVER (${BY_GROUP} ORDER BY id) AS before FROM (${this.select(events)} AND is_new) AS match)
      SELECT tenant, grp, ARRAY[id::text] AS ids, 1 AS count, match.ms AS from_ms, match.ms AS to_ms
        FROM matches AS match LEFT JOIN LATERAL (${older}) AS older ON true
       WHERE coalesce(greatest(before, older.ms) < match.ms - ${this.bind(repeatAfterMs, 'bigint')}, true)`;
  }

  /** Counts the matches of each group in a sliding window, by window functions. */
  private alertsOfCount(count: Count): string {
    const span = this.bind(count.timespanMs, 'bigint');
    const threshold = this.bind(count.threshold, 'int');
    return `
      WITH ${this.range}, ${this.countedMatches(count)},
      edges AS (SELECT *, lag(n) OVER (${BY_GROUP} ORDER BY id) AS before FROM counted)
      SELECT edge.tenant, edge.grp, alert.*
        FROM edges AS edge CROSS JOIN LATERAL (
          SELECT (array_agg(id::text ORDER BY id))[greatest(1, count(*) - ${MAX_MATCHED_IDS - 1}):] AS ids, count(*) AS count,
                 min(ms) AS from_ms, max(ms) AS to_ms
            FROM matches
           WHERE tenant IS NOT DISTINCT FROM edge.tenant AND grp = edge.grp AND ms BETWEEN edge.ms - ${span} AND edge.ms) AS alert
       WHERE n >= ${threshold} AND coalesce(before < ${threshold}, true) AND (is_new OR old_n < ${threshold})`;
  }

  private alertsOfSequence(linked: LinkedSequence): string {
    const { timespanMs, repeatAfterMs } = linked.rule;
    const span = this.bind(timespanMs, 'bigint');
    return `
      WITH ${this.range}, ${this.firstMatches(linked)},
      ordered AS (
        SELECT *, max(ms) FILTER (WHERE is_first) OVER before AS first_ms, max(id::text) FILTER (WHERE is_first) OVER before AS first_id,
               max(ms) FILTER (WHERE is_first AND NOT is_new) OVER before AS old_first_ms
          FROM (SELECT id, ms, tenant, grp, is_new, true AS is_first FROM first UNION ALL
                SELECT id, ms, tenant, grp, is_new, false FROM (${this.select(linked.second)}) AS second) AS either
        WINDOW before AS (${BY_GROUP} ORDER BY id, is_first ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)),
      pairs AS (
        SELECT *, lag(ms) OVER (${BY_GROUP} ORDER BY id) AS before FROM ordered WHERE NOT is_first AND first_ms >= ms - ${span})
      SELECT tenant, grp, ARRAY[first_id, id::text] AS ids, 2 AS count, first_ms AS from_ms, ms AS to_ms FROM pairs
       WHERE coalesce(before < ms - ${this.bind(repeatAfterMs, 'bigint')}, true)
         AND (is_new OR coalesce(old_first_ms < ms - ${span}, true))`;
  }

  /** Writes the relation `first`: the matches of the first rule. `is_new` is whether the new events made it a match. */
  private firstMatches({ first }: LinkedSequence): string {
    if (!('parts' in first)) return `first AS (${this.select(first)})`;
    const threshold = this.bind(first.threshold, 'int');
    const columns = `id, ms, tenant, grp, is_new OR old_n < ${threshold} AS is_new`;
    return `${this.countedMatches(first)}, first AS (SELECT ${columns} FROM counted WHERE n >= ${threshold})`;
  }

  /**
   * Writes the relation `counted`: for each match, `n` is the number of matches, or of different values, in the timespan up to it, and `old_n` the number
   * without the new events. A value that occurs again within the timespan stays in the window: so `n` is the number of occurrences that began to be in
   * the window up to now, without those that ended to be in it before.
   */
  private countedMatches({ parts, timespanMs }: Count): string {
    const span = this.bind(timespanMs, 'bigint');
    const end = this.bind(timespanMs + 1, 'bigint');
    const isCounted = parts.some(({ value }) => value !== undefined);
    const neighbour = (of: 'lag' | 'lead', window: string) => (isCounted ? `${of}(ms) OVER ${window}` : 'NULL::bigint');
    const isFirst = (earlier: string) => `coalesce(${earlier} < ms - ${span}, true)`;
    const isLast = (later: string) => `coalesce(${later} > ms + ${span}, true)`;
    const count = (isAmong: string, earlier: string, later: string) =>
      `count(*) FILTER (WHERE ${isAmong} AND ${isFirst(earlier)}) OVER starts - count(*) FILTER (WHERE ${isAmong} AND ${isLast(later)}) OVER ends`;
    return `
      matches AS MATERIALIZED (${parts.map((part) => this.select(part)).join(' UNION ')}),
      occurrences AS (
        SELECT *, ${neighbour('lag', 'same')} AS earlier, ${neighbour('lead', 'same')} AS later,
               ${neighbour('lag', 'same_old')} AS old_earlier, ${neighbour('lead', 'same_old')} AS old_later
          FROM matches
        WINDOW same AS (${BY_GROUP}, value ORDER BY id), same_old AS (${BY_GROUP}, value, is_new ORDER BY id)),
      counted AS (
        SELECT id, ms, tenant, grp, is_new, ${count('true', 'earlier', 'later')} AS n,
               ${count('NOT is_new', 'old_earlier', 'old_later')} AS old_n
          FROM occurrences
        WINDOW starts AS (${BY_GROUP} ORDER BY ms RANGE UNBOUNDED PRECEDING),
               ends AS (${BY_GROUP} ORDER BY ms RANGE BETWEEN UNBOUNDED PRECEDING AND ${end} PRECEDING))`;
  }

  /** Selects the matches of a rule about single events, in the groups of the new matches. A match without a value of its group is left out. */
  private select(events: CountedEvents): string {
    const { rule, group } = events;
    const conditions = [
      this.matches.nameCondition([rule]),
      ...group.map(
        (field, nth) => `${this.matches.text(field)} = ANY (${this.bind(this.fresh.values[nth] ?? [], 'text[]')})`,
      ),
      this.matches.condition(rule),
    ];
    return `
      SELECT * FROM (SELECT ${this.matches.columns(events, this.linked.rule.acrossTenants)}, is_new FROM events
                      WHERE ${conditions.join(' AND ')}) AS of_rule WHERE value IS NOT NULL`;
  }

  private bind(value: unknown, type: string): string {
    return `${this.values.bind(value)}::${type}`;
  }

  private statement(text: string): Statement {
    return { text, values: this.values.list };
  }
}
