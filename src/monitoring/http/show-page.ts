import type { LedgerAccess } from '../read/access/ledger-access.js';
import type { EventPage } from '../read/query/ledger-event.dto.js';
import type { EventFilters } from '../read/query/event-filters.dto.js';
import type { LogRequest, LogResponse } from './log-responses.js';
import { noteRead } from './record-read.js';
import { pickFields, type FieldPaths } from './sparse-fields.js';

/** A page with only the requested fields of each event. */
export type ShownPage = Omit<EventPage, 'items'> & { readonly items: readonly object[] };

export const NEXT_PAGE = {
  Link: { description: 'The next page (RFC 8288), rel="next"', schema: { type: 'string' } },
};

export interface PageRequest {
  readonly access: LedgerAccess;
  readonly query: EventFilters & { readonly fields?: FieldPaths };
  /** Filters that are not in the query, such as the resource in the path. */
  readonly about?: Readonly<Record<string, unknown>>;
  readonly request: LogRequest;
  readonly response: LogResponse;
}

/** Returns a page with the requested fields, sets the link to the next page, and records the read. */
export function showPage(page: EventPage, { access, query, about, request, response }: PageRequest): ShownPage {
  const { items, nextCursor } = page;
  linkNext(request, response, nextCursor);
  noteRead({ access, filters: { ...about, ...givenIn(query) }, shown: items.length });
  return { ...page, items: items.map((event) => pickFields(event, query.fields)) };
}

export function givenIn(query: object): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined));
}

/** Sets the header `Link` (RFC 8288) to the URL of the next page. */
export function linkNext(request: LogRequest, response: LogResponse, nextCursor: string | null): void {
  if (nextCursor === null) return;
  const { pathname, searchParams } = new URL(request.originalUrl ?? request.url, 'http://localhost');
  searchParams.set('cursor', nextCursor);
  response.header('Link', `<${pathname}?${searchParams.toString()}>; rel="next"`);
}
