import type { LedgerAccess } from '../../../monitoring/read/access/ledger-access.js';
import { firstIdAt } from '../../../monitoring/store/id-time.js';
import type { LedgerRow } from '../../../monitoring/store/ledger-row.js';
import { selectEvents } from '../../../monitoring/read/query/access-source.js';
import { conditionsOf, shownColumn } from '../../../monitoring/read/query/filter-sql.js';
import { fieldFilter } from '../../../monitoring/read/query/field-filters.js';
import type { FilterMeaning } from '../../../monitoring/read/query/predicates.js';
import { SqlValues } from '../../../monitoring/read/query/sql-values.js';
import { groupedBy } from '../../../monitoring/read/query/stats-query.dto.js';
import type { OverviewGroup, OverviewQuery } from './overview.dto.js';
import { SEED } from './overview-sample.js';

export interface CountedEvents {
  readonly access: LedgerAccess;
  readonly query: OverviewQuery;
  /** The start of each time step, in milliseconds since 1970. */
  readonly starts: readonly number[];
  /** The percentage of blocks to sample. If absent, all events are counted. */
  readonly percent?: number;
}

export type CountedGroup = Omit<OverviewGroup, 'margin'>;

export interface OverviewCounts {
  readonly total: number;
  /** The sum, over all sampled blocks, of the square of the block's count; 0 without a sample. */
  readonly squares: number;
  /** The largest groups of each field of `by`, in the order of `by`. For compliance tags, the groups are all actions. */
  readonly groups: readonly (readonly CountedGroup[])[];
  readonly steps: readonly ReadonlyMap<string, number>[];
}

const [STEPS, BLOCKS, ALL] = [-1, -2, -3];
/** Sorts groups with equal counts by bytes, because a collation is slower. */
const ORDER = 'count DESC, value COLLATE "C", name COLLATE "C"';

/**
 * Returns an SQL query that counts by each field of `by`, by step and outcome, and in total. The query reads the events once. Steps and
 * filters use the time of the id, so that a query for the range of a step finds exactly the counted events.
 */
export function countOverview(
  { access, query, starts, percent }: CountedEvents,
  meaning: FilterMeaning,
): { readonly text: string; readonly values: readonly unknown[] } {
  const values = new SqlValues();
  const conditions = conditionsOf(query, { access, values, meaning });
  const by = [query.by].flat();
  const isSample = percent !== undefined;
  const sample = isSample ? ` TABLESAMPLE SYSTEM (${values.place(percent)}::float8) REPEATABLE (${SEED})` : '';
  const shown = by.map((each) => groupedBy(each, access, values));
  const actorName = by.includes('actorId') ? shownColumn(fieldFilter('actorName'), access, values) : 'NULL::text';
  const bounds = values.place(starts.slice(1).map((start) => firstIdAt(new Date(start))));
  const columns = [
    ...shown.flatMap(({ value, name }, nth) => [`${value} AS value_${nth}`, `${name} AS name_${nth}`]),
    // With `|| ''`, this expression differs from the expression of a group. Otherwise, PostgreSQL before version 18 would merge equal
    // expressions in grouping sets.
    `${actorName} AS actor_name, outcome || '' AS outcome, width_bucket(id, ${bounds}::uuid[]) AS step`,
    ...(isSample ? [`concat(tableoid, split_part(ctid::text, ',', 1)) AS block`] : []),
  ];
  const sets = [
    ...by.map((_, nth) => `(value_${nth}, name_${nth})`),
    '(step, outcome)',
    ...(isSample ? ['(block)'] : []),
    '()',
  ];
  const cases = by.map((_, nth) => `WHEN GROUPING(value_${nth}) = 0 THEN ${nth}`);
  const names = by.map((each, nth) => {
    const name =
      each === 'actorId'
        ? `CASE WHEN value_${nth} IS NULL THEN name_${nth} ELSE max(actor_name COLLATE "C") END`
        : 'NULL';
    return `WHEN GROUPING(value_${nth}) = 0 THEN ${name}`;
  });
  // Sorts only the shown groups: ranking all groups takes as long as the count.
  const largest = by.map(
    (each, nth) => `
    (SELECT part, value, name, NULL::int AS step, count::float8 AS count, NULL::float8 AS squares FROM counted
      WHERE part = ${nth} ORDER BY ${ORDER} ${each === 'compliance' ? '' : `LIMIT ${values.place(query.groups)}`})`,
  );
  const text = `
    WITH event AS (${selectEvents({ access, columns: columns.join(', '), conditions, sample }, values)}),
    counted AS (
      SELECT CASE ${cases.join(' ')} WHEN GROUPING(step) = 0 THEN ${STEPS}
                  ${isSample ? `WHEN GROUPING(block) = 0 THEN ${BLOCKS}` : ''} ELSE ${ALL} END AS part,
             coalesce(${[...by.map((_, nth) => `value_${nth}`), 'outcome'].join(', ')}) AS value,
             (CASE ${names.join(' ')} END)::text AS name, step, count(*) AS count
        FROM event GROUP BY GROUPING SETS (${sets.join(', ')}))
    SELECT * FROM (${largest.join(' UNION ALL ')}
      UNION ALL
      SELECT part, value, NULL, step, count::float8, NULL FROM counted WHERE part = ${STEPS}
      UNION ALL
      SELECT part, NULL, NULL, NULL, count::float8, (SELECT sum(count * count)::float8 FROM counted WHERE part = ${BLOCKS})
        FROM counted WHERE part = ${ALL}) AS found
     ORDER BY part, ${ORDER}`;
  return { text, values: values.list };
}

export function overviewCountsOf(rows: readonly LedgerRow[], { query, starts }: CountedEvents): OverviewCounts {
  const groups: CountedGroup[][] = [query.by].flat().map(() => []);
  const steps = starts.map(() => new Map<string, number>());
  const all = rows.find(({ part }) => Number(part) === ALL);
  for (const { part, value, name, step, count } of rows) {
    if (Number(part) === STEPS) steps[Number(step)]?.set(String(value), Number(count));
    groups[Number(part)]?.push({
      value: typeof value === 'string' ? value : null,
      ...(typeof name === 'string' ? { name } : {}),
      count: Number(count),
    });
  }
  return { total: Number(all?.count ?? 0), squares: Number(all?.squares ?? 0), groups, steps };
}
