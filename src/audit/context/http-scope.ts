import { attachScope } from './audit-context.js';
import type { AuditScope } from './audit-scope.js';
import { REQUEST_ID_HEADER, requestIdFrom, traceIdFrom } from './request-id.js';

/** What of a request, Express's or Fastify's, the scope is made from. `ip` respects the framework's trust-proxy setting. */
export interface HttpRequestLike {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly method: string;
  readonly ip?: string | undefined;
  /** Express, once it has matched a route. */
  readonly route?: { readonly path?: unknown };
  /** Fastify: Node's request. */
  readonly raw?: object;
  /** Fastify. */
  readonly routeOptions?: { readonly url?: string | undefined };
}

/** Opens the scope of an HTTP request and leaves it on the request. Returned with the request's id set. */
export function openHttpScope(request: HttpRequestLike): AuditScope & { readonly requestId: string } {
  const { headers } = request;
  const userAgent = headers['user-agent'];
  const traceId = traceIdFrom(headers.traceparent);
  const scope: AuditScope & { readonly requestId: string } = {
    startedAtMs: performance.now(),
    requestId: requestIdFrom(headers[REQUEST_ID_HEADER]),
    method: request.method,
    route: () => routeOf(request),
    httpRequest: request,
  };
  if (request.ip !== undefined) scope.ip = request.ip;
  if (typeof userAgent === 'string') scope.userAgent = userAgent;
  if (traceId !== undefined) scope.traceId = traceId;
  attachScope(request, scope);
  return scope;
}

function routeOf(request: HttpRequestLike): string | undefined {
  const path = request.route?.path ?? request.routeOptions?.url;
  return typeof path === 'string' ? path : undefined;
}
