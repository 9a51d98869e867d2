import { randomUUID } from 'node:crypto';

/** The header that a request's id comes in and goes out with. */
export const REQUEST_ID_HEADER = 'x-request-id';

const CLEAN = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/;

/** The client's request id when it is short (at most 128 characters) and clean, else a new one. */
export function requestIdFrom(header: unknown): string {
  return typeof header === 'string' && CLEAN.test(header) ? header : randomUUID();
}

/** Version 00 is these fields and no more; later versions may have more behind a hyphen; ff is forbidden. */
const TRACEPARENT = /^(?!ff)([0-9a-f]{2})-((?!0{32})[0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-.*)?$/;

/** The trace id of a W3C `traceparent` header; `undefined` when it is missing, malformed or all zeros. */
export function traceIdFrom(header: unknown): string | undefined {
  if (typeof header !== 'string') return undefined;
  const [, version, traceId, more] = TRACEPARENT.exec(header) ?? [];
  return version === '00' && more !== undefined ? undefined : traceId;
}
