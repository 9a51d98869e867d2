import type { LedgerAccess } from '../../../monitoring/read/access/ledger-access.js';
import { createFirstIdAt } from '../../../monitoring/store/id-time.js';
import type { LedgerRow } from '../../../monitoring/store/ledger-row.js';
import { selectEvents, INDEX_ORDER_SETTINGS } from '../../../monitoring/read/query/access-source.js';
import { buildConditions, shownColumn } from '../../../monitoring/read/query/filter-sql.js';
import { getFieldFilter } from '../../../monitoring/read/query/field-filters.js';
import type { FilterMeaning } from '../../../monitoring/read/query/predicates.js';
import { SqlValues } from '../../../monitoring/read/query/sql-values.js';
import { buildGroupColumns, shownPath, type StatsBy } from '../../../monitoring/read/query/stats-query.dto.js';
import type { OverviewGroup, OverviewQuery } from './overview.dto.js';
import type { LedgerReader } from '../../../monitoring/store/ledger-reader.service.js';
import { findLastNames, type NameKey } from '../../../monitoring/read/query/event-names.js';

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
  const conditions = buildConditions(query, { access, values, meaning });
  const by = [query.by].flat();
  const isSample = percent !== undefined;
  const sample = isSample ? ` TABLESAMPLE SYSTEM (${values.bind(percent)}::float8) REPEATABLE (${SEED})` : '';
  const shown = by.map((each) => buildGroupColumns(each, access, values));
  const actorName = by.includes('actorId') ? shownColumn(getFieldFilter('actorName'), access, values) : 'NULL::text';
  const bounds = values.bind(starts.slice(1).map((start) => createFirstIdAt(new Date(start))));
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
      WHERE part = ${nth} ORDER BY ${ORDER} ${each === 'compliance' ? '' : `LIMIT ${values.bind(query.groups)}`})`,
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

export function toOverviewCounts(rows: readonly LedgerRow[], { query, starts }: CountedEvents): OverviewCounts {
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

/**
 * `near` estimates the number of blocks with events of a time range. `$1` and `$2` are the range's bounds in seconds. `read` counts the
 * blocks of all partitions that may contain events of the range. The estimate assumes that events are spread evenly from the start of a
 * month to its end, or to the present time.
 */
export const BLOCKS_WITHIN = `
  SELECT coalesce(sum(blocks * share), 0)::float8 AS near, coalesce(sum(blocks) FILTER (WHERE share > 0), 0)::float8 AS read
    FROM pg_inherits JOIN pg_class part ON part.oid = inhrelid,
         LATERAL (SELECT pg_relation_size(part.oid) / current_setting('block_size')::int AS blocks,
                         to_date(substring(relname FROM '_(\\d{4}_\\d\\d)$'), 'YYYY_MM') AS month) AS size,
         LATERAL (SELECT extract(epoch FROM month) AS start, extract(epoch FROM month + interval '1 month') AS next) AS bounds,
         LATERAL (SELECT greatest(least(next, extract(epoch FROM now())), start + 1) AS until) AS end_of,
         LATERAL (SELECT CASE WHEN month IS NULL THEN 1
                         ELSE greatest(least(until, $2::numeric) - greatest(start, $1::numeric), 0) / (until - start) END AS share) AS within
   WHERE inhparent = 'audit_event'::regclass`;

export interface DrawnBlocks {
  /** The number of blocks in all partitions that contain events of the range. */
  readonly blocks: number;
  readonly drawn: number;
}

/** Seeds every sample, so that the same query reads the same blocks. */
const SEED = 1;

/** The number of standard errors for 95 % confidence. */
const DEVIATIONS = 1.96;

/** The "rule of three": if none of n sampled blocks matches, at most a share of 3/n of all blocks match, with 95 % confidence. */
const UNSEEN_UPPER_BOUND = 3;

/**
 * Returns the margin of error of an estimate from a sample of blocks.
 *
 * @param count the number of events in the sampled blocks
 * @param squares the sum, over the sampled blocks, of the square of the block's count
 */
export function computeMargin(count: number, squares: number, { blocks, drawn }: DrawnBlocks): number {
  // The number of sampled blocks varies, so the formula uses the squares of the counts, not their deviations from the mean.
  const deviations = DEVIATIONS * Math.sqrt(squares * (1 - drawn / blocks));
  const unseen = UNSEEN_UPPER_BOUND * Math.max(count / drawn, 1);
  return Math.ceil((Math.max(deviations, unseen) * blocks) / drawn);
}

/** In these fields, the events about a person contain the addresses of the person. */
const ADDRESSES = ['details.email', 'details.username', 'changes.after.email'];
const MAX_EVENTS = 20;

/** Adds the last known names to groups of actors, resources and tenants, and merges groups of actors that are one person. */
export async function addGroupNames(
  reader: LedgerReader,
  access: LedgerAccess,
  by: readonly StatsBy[],
  groups: readonly (readonly CountedGroup[])[],
): Promise<readonly (readonly CountedGroup[])[]> {
  const requested = groups.flatMap((some, nth) => some.flatMap((group) => listUnnamed(by[nth], group)));
  const names = await findLastNames(reader, access, requested);
  const named = groups.map((some, nth) =>
    some.map((group) => {
      const name = listUnnamed(by[nth], group)
        .map(names)
        .find((each) => each !== undefined);
      return name === undefined ? group : { ...group, name };
    }),
  );
  const actors = named[by.indexOf('actorId')];
  if (!actors) return named;
  const merged = mergeAddresses(actors, await readAddressIds(reader, access, actors));
  return named.map((some) => (some === actors ? merged : some));
}

/** A resource of one of these types is a tenant. */
const TENANTS = ['tenant', 'store', 'organization', 'company'];

function listUnnamed(by: StatsBy | undefined, { value, name }: CountedGroup): readonly NameKey[] {
  if (value === null || name !== undefined) return [];
  const at = value.indexOf('/');
  if (by === 'resource') return at < 0 ? [] : [{ type: value.slice(0, at), id: value.slice(at + 1) }];
  if (by === 'tenantId') return TENANTS.map((type) => ({ type, id: value }));
  return by === 'actorId' ? [{ type: 'user', id: value }] : [];
}

/** Returns the id of the person for each group whose id is an address, if another group is that person. */
async function readAddressIds(
  reader: LedgerReader,
  access: LedgerAccess,
  groups: readonly CountedGroup[],
): Promise<ReadonlyMap<string, string>> {
  const all = groups.flatMap(({ value }) => value ?? []);
  const [addresses, ids] = [all.filter((id) => id.includes('@')), all.filter((id) => !id.includes('@'))];
  if (addresses.length === 0 || ids.length === 0) return new Map();
  const values = new SqlValues();
  const columns = `id, ARRAY[${ADDRESSES.map((path) => shownPath(path, access, values)).join(', ')}] AS known`;
  const conditions = ["resource_type = 'user'", 'resource_id = person.id'];
  const about = (order: string): string =>
    `(${selectEvents({ access, columns, conditions, tail: `ORDER BY id ${order} LIMIT ${MAX_EVENTS}` }, values)})`;
  const text = `
    SELECT DISTINCT address, person.id AS person
      FROM unnest(${values.bind(ids)}::text[]) AS person(id),
           LATERAL (${about('ASC')} UNION ALL ${about('DESC')}) AS event, unnest(known) AS address
     WHERE address = ANY (${values.bind(addresses)}::text[])`;
  const rows = await reader.eventRows(access, text, values.list, INDEX_ORDER_SETTINGS);
  return new Map(rows.map(({ address, person }) => [String(address), String(person)]));
}

function mergeAddresses(groups: readonly CountedGroup[], ids: ReadonlyMap<string, string>): readonly CountedGroup[] {
  const merged = new Map<string, CountedGroup>();
  for (const group of groups) {
    const id = ids.get(group.value ?? '') ?? group.value;
    const key = id ?? ` ${group.name ?? ''}`;
    const known = merged.get(key);
    const also = [...(known?.also ?? []), ...(group.value !== null && group.value !== id ? [group.value] : [])];
    const name = group.value === id ? (group.name ?? known?.name) : (known?.name ?? group.name);
    const count = (known?.count ?? 0) + group.count;
    merged.set(key, { value: id, count, ...(name !== undefined && { name }), ...(also.length > 0 && { also }) });
  }
  return [...merged.values()].toSorted((one, other) => other.count - one.count);
}
