export type ApiErrorKind =
  | 'unauthorised' // 401: the token is missing, wrong or expired
  | 'forbidden' // 403: this reader may not see it
  | 'missing' // 404: not found
  | 'invalid' // 400: the query is wrong; `problems` says where
  | 'conflict' // 409: for example, not sealed yet
  | 'slow' // 422 AUDIT_QUERY_TOO_SLOW: narrow the query
  | 'busy' // 429, or 503 of a route that is at its limit
  | 'unavailable' // 502, 503, 504: the database is unreachable
  | 'offline' // no response
  | 'unexpected';

/** The message comes from the application, so the page shows the message only as text. */
export class ApiError extends Error {
  constructor(
    readonly kind: ApiErrorKind,
    /** The application's stable code, such as `AUDIT_QUERY_INVALID`; empty if the answer has no code. */
    readonly code: string,
    readonly problems: readonly string[],
    options?: ErrorOptions,
  ) {
    super(problems.join(' '), options);
    this.name = 'ApiError';
  }
}

export function toApiError(error: unknown): ApiError {
  return error instanceof ApiError ? error : new ApiError('unexpected', '', [String(error)]);
}

/** Unless the error is an ApiError, the connection broke. */
export function toStreamError(error: unknown): ApiError {
  return error instanceof ApiError ? error : new ApiError('offline', '', [], { cause: error });
}

const KINDS: Readonly<Record<number, ApiErrorKind>> = {
  400: 'invalid',
  401: 'unauthorised',
  403: 'forbidden',
  404: 'missing',
  409: 'conflict',
  422: 'invalid',
  429: 'busy',
  502: 'unavailable',
  503: 'unavailable',
  504: 'unavailable',
};

export function createApiError(status: number, body: unknown): ApiError {
  const { code, message } = isRecord(body) ? body : {};
  const problems = (Array.isArray(message) ? message : [message]).filter((line) => typeof line === 'string');
  const known = typeof code === 'string' ? code : '';
  return new ApiError(toErrorKind(status, known), known, problems);
}

function toErrorKind(status: number, code: string): ApiErrorKind {
  if (code === 'AUDIT_QUERY_TOO_SLOW') return 'slow';
  if (code === 'AUDIT_BUSY') return 'busy';
  return KINDS[status] ?? 'unexpected';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
