import { randomUUID } from 'node:crypto';
import { isRequestIdShape } from '../event/fact-shapes.js';

/** How many characters are kept of a client's id that is not used as the request's id. */
const MAX_CLIENT_ID = 128;

/** The ids of a request. */
export interface RequestIds {
  /** The id in every event and in the response's header: a fact. */
  readonly requestId: string;
  /** The client's id if it is not used; personal, since it may be anything. */
  readonly clientRequestId?: string;
}

/**
 * Returns a request's id: the client's if it is trusted and has the shape of a UUID, a ULID, a trace id, or 16 to 64 hexadecimal digits;
 * else a new id, with the client's beside it.
 */
export function requestIdsFrom(header: unknown, isTrusted = true): RequestIds {
  if (typeof header !== 'string' || header === '') return { requestId: randomUUID() };
  if (isTrusted && isRequestIdShape(header)) return { requestId: header };
  return { requestId: randomUUID(), clientRequestId: header.slice(0, MAX_CLIENT_ID) };
}

/** Matches version 00, which has exactly these fields, and later versions, which may have more after a hyphen; ff is forbidden. */
const TRACEPARENT = /^(?!ff)([0-9a-f]{2})-((?!0{32})[0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-.*)?$/;

/** Returns the trace id of a W3C `traceparent` header; `undefined` when it is missing, malformed or all zeros. */
export function traceIdFrom(header: unknown): string | undefined {
  if (typeof header !== 'string') return undefined;
  const [, version, traceId, more] = TRACEPARENT.exec(header) ?? [];
  return version === '00' && more !== undefined ? undefined : traceId;
}
