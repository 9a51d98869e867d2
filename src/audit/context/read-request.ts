import { addressTest } from './address-ranges.js';
import { attachScope } from './audit-context.js';
import type { AuditScope } from './audit-scope.js';
import { requestIdsFrom, traceIdFrom } from './request-id.js';

/** The part of an Express or Fastify request that the scope is made from. `ip` respects the framework's trust-proxy setting. */
export interface HttpRequestLike {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The method; `undefined` for a gRPC call. */
  readonly method?: string;
  readonly ip?: string | undefined;
  /** The connection to the client, or to the proxy before this application. */
  readonly socket?: { readonly remoteAddress?: string | undefined } | null;
  /** The route on Express, once it is matched. */
  readonly route?: { readonly path?: unknown };
  /** Node's request on Fastify. */
  readonly raw?: object;
  /** The route's options on Fastify. */
  readonly routeOptions?: { readonly url?: string | undefined };
}

/** Where a request's id comes from. */
export interface RequestIdSource {
  /** The name of the header that carries it in both directions, in lower case. */
  readonly header: string;
  /** Whether the id that came with a request may be used. */
  readonly isTrusted: (request: HttpRequestLike) => boolean;
}

/** Returns the source of request ids by the options: the header's ids are used from everywhere, or only from these proxies. */
export function requestIdSource({
  correlationHeader,
  requestIdProxies,
}: {
  readonly correlationHeader: string;
  readonly requestIdProxies?: readonly string[] | undefined;
}): RequestIdSource {
  if (requestIdProxies === undefined) return { header: correlationHeader, isTrusted: () => true };
  const isProxy = addressTest(requestIdProxies);
  return { header: correlationHeader, isTrusted: ({ socket }) => isProxy(socket?.remoteAddress) };
}

/** Opens the scope of an HTTP request, with the request's id, and leaves it on the request. */
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
