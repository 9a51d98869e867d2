import { termText } from '../../../src/modules/monitoring/query/typed/query-text.js';
import { hrefOf } from '../router.js';

export type PivotField = 'actor' | 'ip' | 'session' | 'request' | 'trace' | 'tenant' | 'type' | 'resource' | 'about';

export function eventHref(id: string): string {
  return hrefOf({ page: 'event', segments: [id] });
}

export function recordHref({ type, id }: { readonly type: string; readonly id: string }, event?: string): string {
  return hrefOf({ page: 'record', segments: [type, id], params: { event } });
}

export function personHref(id: string): string {
  return hrefOf({ page: 'person', segments: [id] });
}

export function searchHref(field: PivotField, value: string): string {
  return hrefOf({ page: 'search', params: { q: termText(field, value) } });
}
