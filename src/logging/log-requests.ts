import type { INestApplication } from '@nestjs/common';
import { AuditContext } from '../audit/index.js';
import type { AppLogger } from './app-logger.js';
import { shownPath } from './shown-path.js';

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
