import type { INestApplication } from '@nestjs/common';
import { AuditContext } from '../../audit/index.js';
import type { AppLogger } from './app-logger.js';

interface RequestLike {
  readonly method: string;
  readonly url: string;
  /** The matched route in Express. */
  readonly route?: { readonly path?: unknown };
  /** The options of the matched route in Fastify. */
  readonly routeOptions?: { readonly url?: string | undefined };
}

/** Logs a line for each response, with the method, the path, the status and the request's id. */
export function logRequests(app: INestApplication, logger: AppLogger): void {
  const adapter = app.getHttpAdapter() as unknown as HttpAdapterWithHooks; // Nest's adapters for Express and Fastify both have this hook
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
 * Returns the path of a request without personal data: the path of the matched route, with its parameters only if they are UUIDs. Any other
 * value may name a person, and an erasure does not change the log. Returns `undefined` if no route matched.
 */
export function shownPath(url: string, route: string | undefined): string | undefined {
  const given = url.split('?', 1)[0]?.split('/') ?? [];
  return route
    ?.split('/')
    .map((part, nth) => (part.startsWith(':') && UUID.test(given[nth] ?? '') ? given[nth] : part))
    .join('/');
}
