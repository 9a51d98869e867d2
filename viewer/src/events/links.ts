import type { RequestQualifier } from '../../../src/audit/browser.js';
import { formatTerm } from '../../../src/monitoring/read/query/search-language/query-text.js';
import { formatTableName } from '../../../src/monitoring/store/table-name.js';
import { toHref } from '../router.js';
import type { ViewedEvent } from './viewed-event.js';

export type PivotField = RequestQualifier | 'actor' | 'session' | 'tenant' | 'type' | 'resource' | 'related' | 'about';

export function getEventHref(id: string): string {
  return toHref({ page: 'event', segments: [id] });
}

export function recordHref(
  { type, id }: { readonly type: string; readonly id: string },
  { event, table }: { readonly event?: string; readonly table?: string | undefined } = {},
): string {
  return toHref({ page: 'record', segments: [type, id], params: { event, table } });
}

/** Returns the table of a captured row change, which other tables may share a resource with; otherwise `undefined`. */
export function getTable({
  category,
  details,
}: Partial<Pick<ViewedEvent, 'category' | 'details'>>): string | undefined {
  const { schema, table } = details ?? {};
  if (category !== 'data_change' || typeof schema !== 'string' || typeof table !== 'string') return undefined;
  return formatTableName({ schema, name: table });
}

export function getPersonHref(id: string): string {
  return toHref({ page: 'person', segments: [id] });
}

export function searchHref(field: PivotField, value: string): string {
  return toHref({ page: 'search', params: { q: formatTerm(field, value) } });
}
