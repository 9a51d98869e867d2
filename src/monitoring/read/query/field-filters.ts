import {
  EVENT_FIELDS,
  EVENT_LAYOUT,
  type FilterKind,
  type LayoutField,
  type OwnFieldName,
} from '../../proof/sealing/event-layout.js';
import { findNearestName } from '../../../audit/nest-free.js';

export type FieldFilter = LayoutField & { readonly filter: FilterKind };

export type FilteredField = Extract<(typeof EVENT_LAYOUT)[number], { readonly filter: FilterKind }>;
export type FieldName = OwnFieldName<FilteredField['column']>;

const FILTERS = new Map(
  EVENT_FIELDS.filter(({ filter }) => filter !== undefined).map((field) => [field.ownName, field as FieldFilter]),
);

/** Lists the names of the filters, in the order of the layout. */
export const FIELD_NAMES = [...FILTERS.keys()] as readonly FieldName[]; // the layout determines the names and the type

export const WORDS_HELP =
  'Words that must all occur, in any case, with or without accents: in the actor, the resource, the type, the address, the route, the reason, the details or the changes, or in the sentence that the viewer shows about the event (logged in, cancelled), or a synonym of it (bought). Over HTTP, filters may stand between the words, as in the viewer: who:ada cancelled on:2026-11-24';

/** Whether the filter treats a value that ends in `*` as a prefix. */
export function acceptsPrefix({ filter }: FieldFilter): boolean {
  return filter === 'text' || filter === 'name' || filter === 'type';
}

export function getFieldFilter(name: FieldName): FieldFilter {
  const filter = FILTERS.get(name);
  if (!filter) throw new Error(`Cannot filter by ${name}: the layout has no such filter.`);
  return filter;
}

/** Matches a parameter whose name contains a path: `details.payment.method`. */
export const PATH_FILTER = /^(details|metadata)\.(.*)$/s;

/** Matches a filter with an operator: `actorId[ne]`. */
export const OPERATOR_FILTER = /^([^[\]]+)\[([^[\]]+)\]$/;

const COMPARABLE_FIELDS: ReadonlySet<string> = new Set([...FIELD_NAMES, 'compliance']);

/** Whether the filter of this name accepts comparisons such as `[ne]`. */
export function isComparable(name: string): boolean {
  return COMPARABLE_FIELDS.has(name) || PATH_FILTER.test(name);
}

const PARAMETER_ALIASES: ReadonlyMap<string, readonly string[]> = new Map([
  ['actor', ['actorId']],
  ['user', ['actorId']],
  ['person', ['about']],
  ['name', ['actorName']],
  ['date', ['from', 'to']],
  ['day', ['from', 'to']],
  ['on', ['from', 'to']],
  ['time', ['from', 'to']],
  ['email', ['q']],
  ['product', ['resourceType', 'resourceName']],
  ['resource', ['resourceType', 'resourceId']],
  ['record', ['about']],
  ['session', ['sessionId']],
  ['credential', ['credentialId']],
  ['status', ['statusCode']],
  ['search', ['q']],
  ['text', ['q']],
]);

export function suggestParameters(name: string, known: readonly string[]): string | undefined {
  const meant = PARAMETER_ALIASES.get(name.toLowerCase())?.filter((each) => known.includes(each)) ?? [];
  return meant.length > 0 ? meant.join(' and ') : findNearestName(name, known);
}
