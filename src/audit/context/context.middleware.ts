import { attachScope, runInScope, scopeOf } from './audit-context.js';
import { openHttpScope, type HttpRequestLike, type RequestIdSource } from './read-request.js';

interface ExpressResponseLike {
  setHeader(name: string, value: string): unknown;
}

type ExpressMiddleware = (request: HttpRequestLike, response: ExpressResponseLike, next: () => void) => void;

/** Express: opens the request's scope and runs the rest of the request in it. */
export function expressContext(source: RequestIdSource): ExpressMiddleware {
  return (request, response, next) => {
    const scope = openHttpScope(request, source);
    response.setHeader(source.header, scope.requestId);
    runInScope(scope, next);
  };
}

/** The part of a Fastify instance that the context needs. */
export interface FastifyLike {
  addHook(name: 'onRequest' | 'preValidation', hook: FastifyHook): unknown;
}
type FastifyHook = (request: HttpRequestLike, reply: FastifyReplyLike, done: () => void) => void;
interface FastifyReplyLike {
  header(name: string, value: string): unknown;
}

/**
 * Fastify: opens the scope in an `onRequest` hook, and enters it again in `preValidation`, since the body is parsed in the asynchronous
 * context of the socket, not of the request.
 */
export function registerFastifyContext(fastify: FastifyLike, source: RequestIdSource): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    const scope = openHttpScope(request, source);
    if (request.raw) attachScope(request.raw, scope);
    reply.header(source.header, scope.requestId);
    runInScope(scope, done);
  });
  fastify.addHook('preValidation', (request, _reply, done) => {
    const scope = scopeOf(request);
    if (scope) runInScope(scope, done);
    else done();
  });
}
