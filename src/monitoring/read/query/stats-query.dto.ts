import { ListFilters } from './event-query.dto.js';
import { validate, Parameter, isPath } from './query-parameters.js';
import type { LedgerAccess } from '../access/ledger-access.js';
import { escapeName } from '../../proof/sealing/own-fields.js';
import { buildOwnCondition, shownColumn } from './filter-sql.js';
import { FIELD_NAMES, getFieldFilter, type FieldName, PATH_FILTER } from './field-filters.js';
import type { SqlValues } from './sql-values.js';

/** Maps each interval, in UTC, to its shortest duration in milliseconds. Weeks begin on Monday. */
export const INTERVALS = { hour: 3_600_000, day: 86_400_000, week: 604_800_000, month: 2_419_200_000 } as const;
export type StatsInterval = keyof typeof INTERVALS;

const MAX_GROUPS = 100;
const INTERVAL_NAMES = Object.keys(INTERVALS);

export const STATS_NAMES: readonly string[] = [...FIELD_NAMES, 'resource', 'compliance'];

/** The query for counts of events. */
export class StatsQuery extends ListFilters {
  @Parameter(
    { type: String, description: `${STATS_NAMES.join(', ')}, or details.<path>` },
    validate(`one of ${STATS_NAMES.join(', ')}, or a field such as details.method`, isStatsBy),
  )
  readonly by: StatsBy = 'type';

  @Parameter({
    enum: INTERVAL_NAMES,
    description: 'The length of the time steps, in UTC. Without this parameter, the range is not divided',
  })
  readonly interval?: StatsInterval;

  @Parameter({ type: Number, minimum: 1, maximum: MAX_GROUPS, description: 'Number of largest groups to return' })
  readonly groups: number = 20;
}

/**
 * The field by which events are counted: a field with a filter, the resource (`order/o-1`), the compliance tag, or a field such as
 * `details.method`.
 */
export type StatsBy = FieldName | 'resource' | 'compliance' | `details.${string}` | `metadata.${string}`;

export function isStatsBy(value: unknown): value is StatsBy {
  if (typeof value !== 'string') return false;
  const [, , path] = PATH_FILTER.exec(value) ?? [];
  return path === undefined ? STATS_NAMES.includes(value) : isPath(path);
}

/**
 * Returns the SQL expressions by which events are grouped. For events without an actor id, `value` is NULL, and the actor's `name`
 * distinguishes the groups: the address that somebody unknown tried to log in with does not make them that person. For compliance tags, events are grouped by action, and the caller maps each action to its tags.
 */
export function buildGroupColumns(
  by: StatsBy,
  access: LedgerAccess,
  values: SqlValues,
): Readonly<Record<'value' | 'name', string>> {
  const [, root, path] = PATH_FILTER.exec(by) ?? [];
  if (root !== undefined && path !== undefined) return { value: shownPath(by, access, values), name: NULL_TEXT };
  const shown = (field: FieldName): string => shownColumn(getFieldFilter(field), access, values);
  switch (by) {
    case 'resource':
      return { value: `nullif(concat_ws('/', ${shown('resourceType')}, ${shown('resourceId')}), '')`, name: NULL_TEXT };
    case 'compliance':
      return { value: `action || ''`, name: NULL_TEXT }; // `action || ''` differs from the filter's expression, because grouping sets merge equal expressions
    case 'ip':
      return { value: `host(${shown('ip')})`, name: NULL_TEXT };
    case 'actorId': {
      return { value: shown('actorId'), name: `CASE WHEN actor_id IS NULL THEN ${shown('actorName')} END` };
    }
    default:
      return { value: `(${shown(by as FieldName)})::text`, name: NULL_TEXT }; // paths returned above
  }
}

const NULL_TEXT = 'NULL::text';

/** Returns an expression for the visible value at a path such as `details.method`, as a text. A list or an object becomes JSON. */
export function shownPath(path: string, access: LedgerAccess, values: SqlValues): string {
  const [root = '', ...names] = path.split('.');
  const inFacts = `${root} #>> ${values.bind(names)}::text[]`;
  const inPersonal = names.map((_, at) => {
    const pointer = ['', root, ...names.slice(0, at + 1).map(escapeName)].join('/');
    return buildOwnCondition(`personal #>> ${values.bind([pointer, ...names.slice(at + 1)])}::text[]`, access, values);
  });
  return `coalesce(${[inFacts, ...inPersonal].join(', ')})`;
}
