import type { LedgerAccess } from '../read/access/ledger-access.js';
import type { EventPage, LedgerEvent } from '../read/query/ledger-event.dto.js';
import type { EventFilters } from '../read/query/event-query.dto.js';
import type { LogRequest, LogResponse } from './log-responses.js';
import { noteRead } from './record-read.js';
import { pickFields, type FieldPaths } from './event-queries.dto.js';

/** A page with only the requested fields of each event. */
export type ShownPage = Omit<EventPage, 'items'> & { readonly items: readonly object[] };

export const NEXT_PAGE = {
  Link: { description: 'The next page (RFC 8288), rel="next"', schema: { type: 'string' } },
};

export function getPageEvents({ items, operation }: Partial<EventPage>): readonly { readonly id: string }[] {
  return [...(items ?? []), ...(operation?.events ?? []), ...(operation?.rowChanges ?? [])];
}

export interface PageRequest {
  readonly access: LedgerAccess;
  readonly query: EventFilters & { readonly fields?: FieldPaths };
  readonly request: LogRequest;
  readonly response: LogResponse;
}

/** Returns a page with the requested fields, sets the link to the next page, and records the read. */
export function showPage(page: EventPage, { access, query, request, response }: PageRequest): ShownPage {
  linkNext(request, response, page.nextCursor);
  noteRead({ access, filters: toRequestParameters(query), ids: getPageEvents(page).map(({ id }) => id) });
  return selectFields(page, query.fields);
}

export function selectFields<Page extends { readonly items: readonly LedgerEvent[] }>(page: Page, fields: FieldPaths) {
  return { ...page, items: page.items.map((event) => pickFields(event, fields)) };
}

export function toRequestParameters(query: object): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined));
}

/** Sets the header `Link` (RFC 8288) to the URL of the next page. */
export function linkNext(request: LogRequest, response: LogResponse, nextCursor: string | null): void {
  if (nextCursor === null) return;
  const { pathname, searchParams } = new URL(request.originalUrl ?? request.url, 'http://localhost');
  searchParams.set('cursor', nextCursor);
  response.header('Link', `<${pathname}?${searchParams.toString()}>; rel="next"`);
}
