import type { INestApplication } from '@nestjs/common';
import { AuditContext } from '../audit/index.js';
import type { AppLogger } from './app-logger.js';

/** What both frameworks' requests tell. */
interface RequestLike {
  readonly method: string;
  readonly url: string;
}

/** Logs a line for each response: method, path (no query: it may hold anything), status and the request's id. */
export function logRequests(app: INestApplication, logger: AppLogger): void {
  const adapter = app.getHttpAdapter() as unknown as HttpAdapterWithHooks; // both adapters of Nest have this hook
  adapter.setOnResponseHook((request, response, done) => {
    const scope = AuditContext.ofRequest(request);
    logger.facts('request', {
      ...(scope?.requestId === undefined ? {} : { requestId: scope.requestId }),
      method: request.method,
      path: request.url.split('?', 1)[0],
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
