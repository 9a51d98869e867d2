import { randomUUID } from 'node:crypto';
import { isRequestIdShape } from '../../base/event/fact-shapes.js';
import { REQUEST_ROWS } from '../../base/event/request-fields.js';
import { addressTest } from './address-ranges.js';
import { attachScope, runInScope, getRequestScope } from './audit-context.js';
import { ScopeLife, type AuditScope } from './audit-scope.js';

/** The part of an Express or Fastify request that the scope needs. `ip` respects the framework's trust-proxy setting. */
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
  readonly raw?: HttpRequestLike;
  readonly routeOptions?: { readonly url?: string | undefined };
}

/** Where a request id comes from, and whether to trust it. */
export interface RequestIdSource {
  /** The lower-case name of the header with the request id, in requests and responses. */
  readonly header: string;
  readonly isTrusted: (request: HttpRequestLike) => boolean;
  /** Whether the response contains the request id, even if the request's route is not audited. */
  readonly isReturned: (request: HttpRequestLike) => boolean;
}

/** Returns the source of request ids. Trusts the ids from every client or, with `requestIdProxies`, only the ids from these proxies. */
export function createRequestIdSource({
  correlationHeader: header,
  returnsEveryRequestId = false,
  requestIdProxies,
}: {
  readonly correlationHeader: string;
  readonly returnsEveryRequestId?: boolean;
  readonly requestIdProxies?: readonly string[] | undefined;
}): RequestIdSource {
  const isReturned: RequestIdSource['isReturned'] = ({ headers }) =>
    returnsEveryRequestId || headers[header] !== undefined;
  if (requestIdProxies === undefined) return { header, isReturned, isTrusted: () => true };
  const isProxy = addressTest(requestIdProxies);
  return { header, isReturned, isTrusted: ({ socket }) => isProxy(socket?.remoteAddress) };
}

/** The part of Node's response that the scope needs. */
export interface ClosingResponse {
  once(event: 'close', listener: () => void): unknown;
}

/**
 * Opens the scope of an HTTP request, with the request's id, and sets the scope on the request. The scope ends when `response` is closed, and
 * no handler of the request runs any more.
 */
export function openHttpScope(
  request: HttpRequestLike,
  source: RequestIdSource,
  response?: ClosingResponse,
): AuditScope & { readonly requestId: string } {
  const { headers } = request;
  const traceId = parseTraceId(headers.traceparent);
  const scope: AuditScope & { requestId: string } = {
    startedAtMs: performance.now(),
    ...resolveRequestIds(headers[source.header], source.isTrusted(request)),
    ...(request.method !== undefined && { method: request.method }),
    route: () => getRoute(request),
    httpRequest: request,
  };
  if (request.ip !== undefined) scope.ip = request.ip;
  for (const { scope: name, header } of REQUEST_ROWS) {
    const value = header === undefined ? undefined : headers[header];
    if (name !== undefined && typeof value === 'string') scope[name] = value;
  }
  if (traceId !== undefined) scope.traceId = traceId;
  if (response) {
    scope.life = new ScopeLife();
    response.once('close', scope.life.leave);
  }
  attachScope(request, scope);
  return scope;
}

function getRoute(request: HttpRequestLike): string | undefined {
  const path = request.route?.path ?? request.routeOptions?.url;
  return typeof path === 'string' ? path : undefined;
}

const MAX_CLIENT_ID = 128;

/**
 * Returns the request id of a trusted client if the id is a UUID, a ULID, a trace id, or 16 to 64 hexadecimal digits. Otherwise returns a
 * new id, and the client's id as `clientRequestId`.
 */
export function resolveRequestIds(
  header: unknown,
  isTrusted = true,
): Pick<AuditScope, 'clientRequestId'> & { readonly requestId: string } {
  if (typeof header !== 'string' || header === '') return { requestId: randomUUID() };
  if (isTrusted && isRequestIdShape(header)) return { requestId: header };
  return { requestId: randomUUID(), clientRequestId: header.slice(0, MAX_CLIENT_ID) };
}

/** The version ff of the header is forbidden. Versions after 00 may have more fields, after a hyphen. */
const TRACEPARENT = /^(?!ff)([0-9a-f]{2})-((?!0{32})[0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-.*)?$/;

/** Returns the trace id of a W3C `traceparent` header; `undefined` when the trace id is missing, malformed or all zeros. */
export function parseTraceId(header: unknown): string | undefined {
  if (typeof header !== 'string') return undefined;
  const [, version, traceId, more] = TRACEPARENT.exec(header) ?? [];
  return version === '00' && more !== undefined ? undefined : traceId;
}

type ExpressMiddleware = (
  request: HttpRequestLike,
  response: ClosingResponse & { setHeader(name: string, value: string): unknown },
  next: () => void,
) => void;

/** Returns a middleware for Express and middie that opens the request's scope and runs all further middleware, on Express also the handler, in it. */
export function createExpressContext(source: RequestIdSource, application: object): ExpressMiddleware {
  return (request, response, next) => {
    const scope = openHttpScope(request, source, response);
    scope.application = application;
    if (source.isReturned(request)) response.setHeader(source.header, scope.requestId);
    runInScope(scope, next);
  };
}

export interface FastifyLike {
  addHook(name: 'onRequest' | 'preValidation', hook: FastifyHook): unknown;
}
type FastifyHook = (
  request: HttpRequestLike & { readonly raw: HttpRequestLike },
  reply: { readonly raw: Parameters<ExpressMiddleware>[1] },
  done: () => void,
) => void;

/**
 * Enters the scope of a Fastify request after the middleware, which opened it for Node's request. Enters the scope again in `preValidation`,
 * since Fastify parses the body in the asynchronous context of the socket.
 */
export function registerFastifyContext(fastify: FastifyLike, source: RequestIdSource, application: object): void {
  const open = createExpressContext(source, application);
  fastify.addHook('onRequest', (request, reply, done) => {
    const enter = (): void => {
      const scope = getRequestScope(request.raw);
      if (!scope) {
        done();
        return;
      }
      scope.ip ??= request.ip; // without middie, Node's request has no address
      Object.assign(scope, { httpRequest: request, route: () => getRoute(request) });
      attachScope(request, scope);
      runInScope(scope, done);
    };
    if (getRequestScope(request.raw)) enter();
    else open(request.raw, reply.raw, enter);
  });
  fastify.addHook('preValidation', (request, _reply, done) => {
    const scope = getRequestScope(request);
    if (scope) runInScope(scope, done);
    else done();
  });
}
