import type { INestApplication } from '@nestjs/common';
import { AuditContext } from '../audit/index.js';
import type { AppLogger } from './app-logger.js';

/** The fields that both frameworks' requests have. */
interface RequestLike {
  readonly method: string;
  readonly url: string;
  /** The route on Express, once it is matched. */
  readonly route?: { readonly path?: unknown };
  /** The route's options on Fastify. */
  readonly routeOptions?: { readonly url?: string | undefined };
}

/** Logs a line for each response: method, path, status and the request's id. */
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
 * Returns the path of a request in a form without personal data: the matched route, with its ids if they are UUIDs. Any other value may name
 * a person, and an erasure does not reach the log. Returns `undefined` if no route matched.
 */
export function shownPath(url: string, route: string | undefined): string | undefined {
  const given = url.split('?', 1)[0]?.split('/') ?? [];
  return route
    ?.split('/')
    .map((part, nth) => (part.startsWith(':') && UUID.test(given[nth] ?? '') ? given[nth] : part))
    .join('/');
}
