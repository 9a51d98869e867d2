import { randomUUID } from 'node:crypto';
import { isRequestIdShape } from '../event/fact-shapes.js';

/** Most characters that are kept of an id that does not count. */
const MAX_CLIENT_ID = 128;

/** What a request is called. */
export interface RequestIds {
  /** In every event, and in the response's header: a fact. */
  readonly requestId: string;
  /** What the client called it, where that does not count: personal, since it may be anything. */
  readonly clientRequestId?: string;
}

/**
 * A request's id: the client's where it is trusted and has the shape of a UUID, a ULID, a trace id, or 16 to 64 hexadecimal
 * digits; else a new one, with the client's beside it.
 */
export function requestIdsFrom(header: unknown, isTrusted = true): RequestIds {
  if (typeof header !== 'string' || header === '') return { requestId: randomUUID() };
  if (isTrusted && isRequestIdShape(header)) return { requestId: header };
  return { requestId: randomUUID(), clientRequestId: header.slice(0, MAX_CLIENT_ID) };
}

/** Version 00 is these fields and no more; later versions may have more behind a hyphen; ff is forbidden. */
const TRACEPARENT = /^(?!ff)([0-9a-f]{2})-((?!0{32})[0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-.*)?$/;

/** The trace id of a W3C `traceparent` header; `undefined` when it is missing, malformed or all zeros. */
export function traceIdFrom(header: unknown): string | undefined {
  if (typeof header !== 'string') return undefined;
  const [, version, traceId, more] = TRACEPARENT.exec(header) ?? [];
  return version === '00' && more !== undefined ? undefined : traceId;
}
