import type { LedgerAccess } from '../access/ledger-access.js';
import { escapeName } from '../sealing/own-fields.js';
import { ownOnly, shownColumn } from './event-filter.js';
import { FIELD_NAMES, fieldFilter, type FieldName } from './field-filters.js';
import { isPath } from './query-values.js';
import type { SqlValues } from './sql-values.js';

/**
 * What events are counted by: a field that there is a filter of, the resource (`order/o-1`), a compliance tag, or a field of the
 * details or metadata: `details.method`.
 */
export type StatsBy = FieldName | 'resource' | 'compliance' | `details.${string}` | `metadata.${string}`;

/** The names without a path. */
export const STATS_NAMES: readonly string[] = [...FIELD_NAMES, 'resource', 'compliance'];

const BY_PATH = /^(details|metadata)\.(.+)$/s;

/** Whether events can be counted by it. */
export function isStatsBy(value: unknown): value is StatsBy {
  if (typeof value !== 'string') return false;
  const [, , path] = BY_PATH.exec(value) ?? [];
  return path === undefined ? STATS_NAMES.includes(value) : isPath(path);
}

/** The expressions of SQL that a group's events have in common, as far as they are shown. */
export interface GroupedBy {
  readonly value: string;
  /** What else tells groups apart that have no value. */
  readonly name: string;
}

/** Of a compliance tag: the action, which the catalogue has the tags of. */
export function groupedBy(by: StatsBy, access: LedgerAccess, values: SqlValues): GroupedBy {
  const [, root, path] = BY_PATH.exec(by) ?? [];
  if (root !== undefined && path !== undefined) return { value: shownPath(by, access, values), name: NOTHING };
  const shown = (field: FieldName): string => shownColumn(fieldFilter(field), access, values);
  switch (by) {
    case 'resource':
      return { value: `nullif(concat_ws('/', ${shown('resourceType')}, ${shown('resourceId')}), '')`, name: NOTHING };
    case 'compliance':
      return { value: `action || ''`, name: NOTHING }; // another expression than that of the filter, as grouping sets need it
    case 'ip':
      return { value: `host(${shown('ip')})`, name: NOTHING };
    case 'actorId': {
      const tried = ['username', 'email'].map((field) => shownPath(`details.${field}`, access, values));
      const names = [shown('actorName'), ...tried].join(', ');
      return { value: shown('actorId'), name: `CASE WHEN actor_id IS NULL THEN coalesce(${names}) END` };
    }
    default:
      return { value: `(${shown(by as FieldName)})::text`, name: NOTHING }; // what is left
  }
}

const NOTHING = 'NULL::text';

/** An expression for the field at a path such as `details.method`, as a text and as far as it is shown; of a list or an object, its JSON. */
export function shownPath(path: string, access: LedgerAccess, values: SqlValues): string {
  const [root = '', ...names] = path.split('.');
  const inFacts = `${root} #>> ${values.place(names)}::text[]`;
  const inPersonal = names.map((_, at) => {
    const pointer = ['', root, ...names.slice(0, at + 1).map(escapeName)].join('/');
    return ownOnly(`personal #>> ${values.place([pointer, ...names.slice(at + 1)])}::text[]`, access, values);
  });
  return `coalesce(${[inFacts, ...inPersonal].join(', ')})`;
}
