import type { INestApplicationContext } from '@nestjs/common';
import { ApplicationConfig, ModulesContainer } from '@nestjs/core';
import { auditedEntries, notAuditedReason } from '../capture/audited.decorator.js';
import { httpRoutesOf, type FoundRoute, type HttpRoute } from './http-routes.js';
import { isOwnController } from './own-controllers.js';

/** Which of an application's routes that change state nobody decided about. */
export interface AuditCoverage {
  /** How many routes of the application change state; those of the library do not count. */
  readonly checked: number;
  /** Those that are neither `@Audited` nor `@NotAudited('reason')`, in the order of modules, controllers and methods. */
  readonly missing: readonly HttpRoute[];
}

/** What changes nothing (RFC 9110 and the WebDAV and QUERY methods after it); all else may, `@All()` among it. */
const SAFE_METHODS: readonly string[] = ['GET', 'HEAD', 'OPTIONS', 'SEARCH', 'PROPFIND', 'QUERY'];

/**
 * Looks through every controller of an application, or of a testing module, started or not. What `main.ts` sets (the
 * global prefix, versioning) is in the paths once it is set.
 */
export function auditCoverage(app: INestApplicationContext): AuditCoverage {
  return coverageOf(app.get(ModulesContainer, { strict: false }), app.get(ApplicationConfig, { strict: false }));
}

/** A route that is audited, and under which names. */
export interface AuditedRoute extends Pick<HttpRoute, 'method' | 'path'> {
  /** As `@Audited` has them: actions, event types or names of your own. */
  readonly names: readonly string[];
}

/** The routes of an application that `@Audited` is on, also those that only read. The application may be started or not. */
export function auditedRoutes(app: INestApplicationContext): readonly AuditedRoute[] {
  const routes = httpRoutesOf(
    app.get(ModulesContainer, { strict: false }),
    app.get(ApplicationConfig, { strict: false }),
  );
  return routes.flatMap(({ method, path, controllerClass, handlerFunction }) => {
    const names = auditedEntries(controllerClass, handlerFunction).map(({ name }) => name);
    return names.length === 0 ? [] : [{ method, path, names }];
  });
}

/** {@link auditCoverage} from Nest's own registries. */
export function coverageOf(modules: ModulesContainer, config: ApplicationConfig): AuditCoverage {
  const routes = httpRoutesOf(modules, config).filter(
    ({ method, controllerClass }) => !SAFE_METHODS.includes(method) && !isOwnController(controllerClass),
  );
  const missing = routes.filter((route) => !isDecided(route));
  return {
    checked: routes.length,
    missing: missing.map(({ controller, handler, method, path }) => ({ controller, handler, method, path })),
  };
}

/** A reason of nothing but blanks does not count. */
function isDecided({ controllerClass, handlerFunction }: FoundRoute): boolean {
  if (auditedEntries(controllerClass, handlerFunction).length > 0) return true;
  return (notAuditedReason(controllerClass, handlerFunction) ?? '').trim() !== '';
}
