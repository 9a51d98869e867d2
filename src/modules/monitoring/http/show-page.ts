import type { LedgerAccess } from '../access/ledger-access.js';
import type { EventPage } from '../query/ledger-event.dto.js';
import type { EventFilters } from '../query/event-filters.dto.js';
import type { LogRequest, LogResponse } from './log-responses.js';
import { noteRead } from './record-read.js';
import { pickFields, type FieldPaths } from './sparse-fields.js';

/** A page as a route shows it, with only the requested fields of each event. */
export type ShownPage = Omit<EventPage, 'items'> & { readonly items: readonly object[] };

/** The description of the header that {@link linkNext} sets. */
export const NEXT_PAGE = {
  Link: { description: 'The next page (RFC 8288), rel="next"', schema: { type: 'string' } },
};

/** The query of a route, its reader, and its response. */
export interface PageRequest {
  readonly access: LedgerAccess;
  readonly query: EventFilters & { readonly fields?: FieldPaths };
  /** Further selection of events, such as the resource in the path. */
  readonly about?: Readonly<Record<string, unknown>>;
  readonly request: LogRequest;
  readonly response: LogResponse;
}

/** Shows a page: links to the next page, and notes what was read. */
export function showPage(page: EventPage, { access, query, about, request, response }: PageRequest): ShownPage {
  const { items, nextCursor } = page;
  linkNext(request, response, nextCursor);
  noteRead({ access, filters: { ...about, ...givenIn(query) }, shown: items.length });
  return { ...page, items: items.map((event) => pickFields(event, query.fields)) };
}

/** The given parameters of a query. */
export function givenIn(query: object): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined));
}

/** Names the next page in the `Link` header (RFC 8288): the request's own path and query, with the cursor of that page. */
export function linkNext(request: LogRequest, response: LogResponse, nextCursor: string | null): void {
  if (nextCursor === null) return;
  const { pathname, searchParams } = new URL(request.originalUrl ?? request.url, 'http://localhost');
  searchParams.set('cursor', nextCursor);
  response.header('Link', `<${pathname}?${searchParams.toString()}>; rel="next"`);
}
