import { EVENT_FIELDS, EVENT_LAYOUT, type FilterKind, type NameOf } from '../sealing/event-layout.js';

/** A filter that compares one field of an event. */
export interface FieldFilter {
  readonly path: readonly string[];
  /** The column of `audit_event` that holds it. */
  readonly column: string;
  /** The field within a column of JSON. */
  readonly member?: string;
  readonly kind: FilterKind;
  readonly words?: readonly string[];
  readonly description: string;
}

/** The fields of the layout that have a filter. */
export type FilteredField = Extract<(typeof EVENT_LAYOUT)[number], { readonly filter: FilterKind }>;
export type FieldName = NameOf<FilteredField['column']>;

const FILTERS: ReadonlyMap<string, FieldFilter> = new Map(
  EVENT_FIELDS.flatMap(({ group, name, ownName, column, filter, filtered, words, says }) => {
    if (filter === undefined) return [];
    const path = [group, name, filtered].filter((each) => each !== undefined);
    const member = filtered === undefined ? {} : { member: filtered };
    return [[ownName, { path, column, ...member, kind: filter, ...(words && { words }), description: says }]];
  }),
);

/** The names of the filters, in the order of the layout. The query's class, PostgreSQL, archives and statistics use them. */
export const FIELD_NAMES = [...FILTERS.keys()] as readonly FieldName[]; // made of the same layout

/** The columns that `q` searches. */
export const SEARCHED_BY_WORDS =
  'Words that all occur, in any case and without accents, in the actor, the resource, the type, the address, the route, the reason, the details or what changed';

/** The filter of a field. */
export function fieldFilter(name: FieldName): FieldFilter {
  const filter = FILTERS.get(name);
  if (!filter) throw new Error(`Cannot filter by ${name}: the layout has no such filter.`);
  return filter;
}
