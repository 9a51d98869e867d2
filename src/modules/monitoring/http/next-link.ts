import type { LogRequest, LogResponse } from './log-responses.js';

/** Names the next page in the `Link` header (RFC 8288): the request's own path and query, with the cursor of that page. */
export function linkNext(request: LogRequest, response: LogResponse, nextCursor: string | null): void {
  if (nextCursor === null) return;
  const { pathname, searchParams } = new URL(request.originalUrl ?? request.url, 'http://localhost');
  searchParams.set('cursor', nextCursor);
  response.header('Link', `<${pathname}?${searchParams.toString()}>; rel="next"`);
}
