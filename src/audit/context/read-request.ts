import { addressTest } from './address-ranges.js';
import { attachScope } from './audit-context.js';
import type { AuditScope } from './audit-scope.js';
import { requestIdsFrom, traceIdFrom } from './request-id.js';

/** What of a request, Express's or Fastify's, the scope is made from. `ip` respects the framework's trust-proxy setting. */
export interface HttpRequestLike {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** None of a gRPC call. */
  readonly method?: string;
  readonly ip?: string | undefined;
  /** Of the client, or of the proxy before us. */
  readonly socket?: { readonly remoteAddress?: string | undefined } | null;
  /** Express, once it has matched a route. */
  readonly route?: { readonly path?: unknown };
  /** Fastify: Node's request. */
  readonly raw?: object;
  /** Fastify. */
  readonly routeOptions?: { readonly url?: string | undefined };
}

/** How a request comes by its id. */
export interface RequestIdSource {
  /** The name of the header that it comes in and goes out with, in lower case. */
  readonly header: string;
  /** Whether the id that came with a request may count. */
  readonly isTrusted: (request: HttpRequestLike) => boolean;
}

/** What the options say of request ids: those of the header count from everywhere, or from these proxies. */
export function requestIdSource({
  correlationHeader,
  requestIdProxies,
}: {
  readonly correlationHeader: string;
  readonly requestIdProxies: readonly string[] | undefined;
}): RequestIdSource {
  if (requestIdProxies === undefined) return { header: correlationHeader, isTrusted: () => true };
  const isProxy = addressTest(requestIdProxies);
  return { header: correlationHeader, isTrusted: ({ socket }) => isProxy(socket?.remoteAddress) };
}

/** Opens the scope of an HTTP request and leaves it on the request. Returned with the request's id set. */
export function openHttpScope(
  request: HttpRequestLike,
  source: RequestIdSource,
): AuditScope & { readonly requestId: string } {
  const { headers } = request;
  const userAgent = headers['user-agent'];
  const traceId = traceIdFrom(headers.traceparent);
  const scope: AuditScope & { readonly requestId: string } = {
    startedAtMs: performance.now(),
    ...requestIdsFrom(headers[source.header], source.isTrusted(request)),
    ...(request.method !== undefined && { method: request.method }),
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
