import { hash } from 'node:crypto';

/** The id of the last event of a page, and the hash of the page's query. */
export interface Cursor {
  readonly id: string;
  readonly queryHash: string;
}

/** Returns eight bytes in hexadecimal that identify a query. The hash in a cursor shows for which query the cursor was made. */
export function hashOfQuery(canonicalQuery: string): string {
  return hash('sha256', canonicalQuery, 'hex').slice(0, 16);
}

/** Formats a cursor in base64url. A cursor is not signed, because it only states a position in the order of ids, and grants no access. */
export function formatCursor({ id, queryHash }: Cursor): string {
  return Buffer.from(id.replaceAll('-', '') + queryHash, 'hex').toString('base64url');
}

/** Parses a cursor of {@link formatCursor}. Returns `undefined` for any other value. */
export function parseCursor(cursor: unknown): Cursor | undefined {
  if (typeof cursor !== 'string' || !/^[\w-]{32}$/.test(cursor)) return undefined;
  const hex = Buffer.from(cursor, 'base64url').toString('hex');
  const id = hex.slice(0, 32).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  return { id, queryHash: hex.slice(32) };
}
