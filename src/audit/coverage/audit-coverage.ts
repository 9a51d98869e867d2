import type { INestApplicationContext } from '@nestjs/common';
import { ApplicationConfig, ModulesContainer } from '@nestjs/core';
import { auditedEntries, notAuditedReason } from '../capture/audited.decorator.js';
import { httpRoutesOf, type FoundRoute, type HttpRoute } from './http-routes.js';
import { isOwnController } from './own-controllers.js';

/** The routes of an application that change state, and those without a decision about their audit. */
export interface AuditCoverage {
  /** How many routes of the application change state; the library's own routes do not count. */
  readonly checked: number;
  /** The routes that are neither `@Audited` nor `@NotAudited('reason')`, in the order of modules, controllers and methods. */
  readonly missing: readonly HttpRoute[];
}

/** The methods that change nothing (RFC 9110, and later WebDAV and QUERY methods); all others may, including `@All()`. */
const SAFE_METHODS: readonly string[] = ['GET', 'HEAD', 'OPTIONS', 'SEARCH', 'PROPFIND', 'QUERY'];

/**
 * Checks every controller of an application, or of a testing module, started or not. The paths contain the settings of `main.ts` (the
 * global prefix, versioning) if these are already made.
 */
export function auditCoverage(app: INestApplicationContext): AuditCoverage {
  return coverageOf(app.get(ModulesContainer, { strict: false }), app.get(ApplicationConfig, { strict: false }));
}

/** An audited route, with the names that its events have. */
export interface AuditedRoute extends Pick<HttpRoute, 'method' | 'path'> {
  /** The names given to `@Audited`: actions, event types or names of your own. */
  readonly names: readonly string[];
}

/** Lists the routes with an `@Audited`, including routes that only read. The application may be started or not. */
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

/** Computes {@link auditCoverage} from Nest's own registries. */
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

function isDecided({ controllerClass, handlerFunction }: FoundRoute): boolean {
  if (auditedEntries(controllerClass, handlerFunction).length > 0) return true;
  return (notAuditedReason(controllerClass, handlerFunction) ?? '').trim() !== '';
}

const DECIDED = "@Audited or @NotAudited('reason')";

/**
 * Describes the coverage: one line if nothing is missing; else the count, and a line for each route with method, path, controller and
 * handler.
 */
export function describeCoverage({ checked, missing }: AuditCoverage): string {
  if (missing.length === 0) return `Audit coverage: routes that change state: ${checked}, each ${DECIDED}`;
  const methodWidth = Math.max(...missing.map(({ method }) => method.length));
  const pathWidth = Math.max(...missing.map(({ path }) => path.length));
  return [
    `Audit coverage: routes that change state: ${checked}, not ${DECIDED}: ${missing.length}`,
    ...missing.map(
      ({ controller, handler, method, path }) =>
        `  ${method.padEnd(methodWidth)}  ${path.padEnd(pathWidth)}  ${controller}.${handler}`,
    ),
  ].join('\n');
}

/** Describes the coverage in one line, for applications with many missing routes. */
export function summarizeCoverage({ checked, missing }: AuditCoverage): string {
  const [first] = missing;
  const example = first ? `, ${missing.length === 1 ? '' : 'such as '}${first.method} ${first.path}` : '';
  return (
    `Audit coverage: routes that change state: ${checked}, not ${DECIDED}: ${missing.length}${example}. ` +
    'To list them, run "npx nestjs-audit-ledger coverage" with the built file of the root module.'
  );
}
