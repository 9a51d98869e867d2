import type { INestApplication } from '@nestjs/common';
import { AuditContext } from '../audit/index.js';
import type { AppLogger } from './app-logger.js';

/** What both frameworks' requests tell. */
interface RequestLike {
  readonly method: string;
  readonly url: string;
  /** Express, once it has matched a route. */
  readonly route?: { readonly path?: unknown };
  /** Fastify. */
  readonly routeOptions?: { readonly url?: string | undefined };
}

/** Logs a line for each response: method, path (of what a client wrote there, ids alone), status and the request's id. */
export function logRequests(app: INestApplication, logger: AppLogger): void {
  const adapter = app.getHttpAdapter() as unknown as HttpAdapterWithHooks; // both adapters of Nest have this hook
  adapter.setOnResponseHook((request, response, done) => {
    const scope = AuditContext.ofRequest(request);
    const route = request.route?.path ?? request.routeOptions?.url;
    const path = shownPath(request.url, typeof route === 'string' ? route : undefined);
    logger.facts('request', {
      ...(scope?.requestId === undefined ? {} : { requestId: scope.requestId }),
      method: request.method,
      ...(path === undefined ? {} : { path }),
      statusCode: response.statusCode,
    });
    done?.();
  });
}

interface HttpAdapterWithHooks {
  setOnResponseHook(
    hook: (request: RequestLike, response: { readonly statusCode: number }, done?: () => void) => void,
  ): void;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * The path of a request as logs may keep it: the route that it matched, with the ids that are UUIDs. Whatever else a client
 * puts in the place of an id may name a person, and no erasure reaches a log. `undefined` where it matched no route.
 */
export function shownPath(url: string, route: string | undefined): string | undefined {
  const given = url.split('?', 1)[0]?.split('/') ?? [];
  return route
    ?.split('/')
    .map((part, nth) => (part.startsWith(':') && UUID.test(given[nth] ?? '') ? given[nth] : part))
    .join('/');
}
