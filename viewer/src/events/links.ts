import { termText } from '../../../src/modules/monitoring/query/typed/query-text.js';
import { hrefOf } from '../router.js';

/** The qualifiers of the query bar with which the values on a page link to a search. */
export type PivotField = 'actor' | 'ip' | 'session' | 'request' | 'trace' | 'tenant' | 'type' | 'resource' | 'about';

/** Returns the address of an event's page. */
export function eventHref(id: string): string {
  return hrefOf({ page: 'event', segments: [id] });
}

/** Returns the address of a record's page. */
export function recordHref({ type, id }: { readonly type: string; readonly id: string }, event?: string): string {
  return hrefOf({ page: 'record', segments: [type, id], params: { event } });
}

/** Returns the address of a person's page. */
export function personHref(id: string): string {
  return hrefOf({ page: 'person', segments: [id] });
}

/** Returns the address of the search for all events that have a value. */
export function searchHref(field: PivotField, value: string): string {
  return hrefOf({ page: 'search', params: { q: termText(field, value) } });
}
