import { termText } from '../../../src/modules/monitoring/query/typed/query-text.js';
import { hrefOf } from '../router.js';

/** The qualifiers of the query bar for the links of a page's values. */
export type PivotField = 'actor' | 'ip' | 'session' | 'request' | 'trace' | 'tenant' | 'type' | 'resource' | 'about';

/** The address of an event's page. */
export function eventHref(id: string): string {
  return hrefOf({ page: 'event', segments: [id] });
}

/** The address of a record's page. */
export function recordHref({ type, id }: { readonly type: string; readonly id: string }, event?: string): string {
  return hrefOf({ page: 'record', segments: [type, id], params: { event } });
}

/** The address of a person's page. */
export function personHref(id: string): string {
  return hrefOf({ page: 'person', segments: [id] });
}

/** The address of the search for all events with a value. */
export function searchHref(field: PivotField, value: string): string {
  return hrefOf({ page: 'search', params: { q: termText(field, value) } });
}
