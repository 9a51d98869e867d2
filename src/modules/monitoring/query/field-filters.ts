import {
  EVENT_FIELDS,
  EVENT_LAYOUT,
  type FilterKind,
  type LaidOutField,
  type NameOf,
} from '../sealing/event-layout.js';

/** A field of an event that a filter compares. */
export type FieldFilter = LaidOutField & { readonly filter: FilterKind };

/** The fields of the layout that have a filter. */
export type FilteredField = Extract<(typeof EVENT_LAYOUT)[number], { readonly filter: FilterKind }>;
export type FieldName = NameOf<FilteredField['column']>;

const FILTERS = new Map(
  EVENT_FIELDS.filter(({ filter }) => filter !== undefined).map((field) => [field.ownName, field as FieldFilter]),
);

/** The names of the filters, in the order of the layout. The query's class, PostgreSQL, archives and statistics use them. */
export const FIELD_NAMES = [...FILTERS.keys()] as readonly FieldName[]; // made of the same layout

/** The columns that `q` searches. */
export const SEARCHED_BY_WORDS =
  'Words that all occur, in any case and without accents, in the actor, the resource, the type, the address, the route, the reason, the details or what changed';

/** Whether a `*` at the end of a value matches everything that begins so. */
export function takesPrefix({ filter }: FieldFilter): boolean {
  return filter === 'text' || filter === 'name' || filter === 'type';
}

/** The filter of a field. */
export function fieldFilter(name: FieldName): FieldFilter {
  const filter = FILTERS.get(name);
  if (!filter) throw new Error(`Cannot filter by ${name}: the layout has no such filter.`);
  return filter;
}
