import { attachScope, runInScope, scopeOf } from './audit-context.js';
import { openHttpScope, type HttpRequestLike, type TrustOfRequestIds } from './http-scope.js';
import { REQUEST_ID_HEADER } from './request-id.js';

/** What of an Express response the context needs. */
interface ExpressResponseLike {
  setHeader(name: string, value: string): unknown;
}

type ExpressMiddleware = (request: HttpRequestLike, response: ExpressResponseLike, next: () => void) => void;

/** Express: opens the request's scope and runs the rest of the request in it. */
export function expressContext(isTrusted: TrustOfRequestIds): ExpressMiddleware {
  return (request, response, next) => {
    const scope = openHttpScope(request, isTrusted);
    response.setHeader(REQUEST_ID_HEADER, scope.requestId);
    runInScope(scope, next);
  };
}

/** What of a Fastify instance the context needs. */
export interface FastifyLike {
  addHook(name: 'onRequest' | 'preValidation', hook: FastifyHook): unknown;
}
type FastifyHook = (request: HttpRequestLike, reply: FastifyReplyLike, done: () => void) => void;
interface FastifyReplyLike {
  header(name: string, value: string): unknown;
}

/**
 * Fastify: opens the scope in an `onRequest` hook, and enters it again in `preValidation`, since the parsing of a body
 * goes on in the socket's asynchronous context and not in the request's.
 */
export function registerFastifyContext(fastify: FastifyLike, isTrusted: TrustOfRequestIds): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    const scope = openHttpScope(request, isTrusted);
    if (request.raw) attachScope(request.raw, scope);
    reply.header(REQUEST_ID_HEADER, scope.requestId);
    runInScope(scope, done);
  });
  fastify.addHook('preValidation', (request, _reply, done) => {
    const scope = scopeOf(request);
    if (scope) runInScope(scope, done);
    else done();
  });
}
