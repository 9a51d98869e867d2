import { hash } from 'node:crypto';

/** What a cursor stands for: the event it comes after, and which query it is of. */
export interface Cursor {
  readonly id: string;
  readonly queryHash: string;
}

const ID_BYTES = 16;
const HASH_BYTES = 8;

/** Tells one query from another, so that a cursor of one is not taken for the other's. Eight bytes, as hexadecimal. */
export function hashOfQuery(canonicalQuery: string): string {
  return hash('sha256', canonicalQuery, 'hex').slice(0, HASH_BYTES * 2);
}

/** The cursor in base64url. It needs no signature: it is a place in the order of ids, and shows nothing by itself. */
export function formatCursor({ id, queryHash }: Cursor): string {
  return Buffer.from(id.replaceAll('-', '') + queryHash, 'hex').toString('base64url');
}

/** What {@link formatCursor} wrote; `undefined` for anything else. */
export function parseCursor(cursor: unknown): Cursor | undefined {
  if (typeof cursor !== 'string' || !/^[\w-]{32}$/.test(cursor)) return undefined;
  const hex = Buffer.from(cursor, 'base64url').toString('hex');
  if (hex.length !== (ID_BYTES + HASH_BYTES) * 2) return undefined;
  const id = hex.slice(0, ID_BYTES * 2).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  return { id, queryHash: hex.slice(ID_BYTES * 2) };
}
