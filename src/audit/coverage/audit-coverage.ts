import type { INestApplicationContext } from '@nestjs/common';
import { ApplicationConfig, ModulesContainer } from '@nestjs/core';
import { compileRoute, matchRoute } from '../capture/match-route.js';
import { getAuditedEntries, getNotAuditedReason } from '../capture/audited.decorator.js';
import { listHttpRoutes, type FoundRoute, type HttpRoute } from './http-routes.js';
import { isOwnController } from './own-controllers.js';

/** The number of an application's routes that change state, and the routes without a decision about their audit. */
export interface AuditCoverage {
  /** The number of the application's routes that change state, without the library's own routes. */
  readonly checked: number;
  /** The routes with neither `@Audited` nor `@NotAudited('reason')`, in the order of modules, controllers and methods. */
  readonly missing: readonly HttpRoute[];
}

/** The methods that do not change state (RFC 9110, WebDAV, QUERY). All other methods may change state, including `@All()`. */
const SAFE_METHODS: readonly string[] = ['GET', 'HEAD', 'OPTIONS', 'SEARCH', 'PROPFIND', 'QUERY'];

/**
 * Checks every controller of an application or a testing module, which may be started or not. The paths include the global prefix and the
 * version if `main.ts` has already set them.
 */
export function auditCoverage(app: INestApplicationContext): AuditCoverage {
  return computeCoverage(app.get(ModulesContainer, { strict: false }), app.get(ApplicationConfig, { strict: false }));
}

/** A route, and what its decorators decide about its audit. */
export interface RouteDecision extends HttpRoute {
  /** The names in `@Audited`: actions, event types or names of your own. */
  readonly names: readonly string[];
  /** Whether an `@Audited` has the option `when`. */
  readonly isConditional: boolean;
  /** The reason in `@NotAudited`. */
  readonly reason: string | undefined;
  /** Whether the library itself serves the route. */
  readonly isOwn: boolean;
  /** What stands before the route's path in the path of the request: `/api`. Empty if nothing does. */
  readonly prefix: string;
}

/**
 * Finds the route of a request. The application may be started or not: without its global prefix and version, which `main.ts` sets, the first
 * segments of the path may be missing in the application's route.
 */
export function findRouteDecision(
  app: INestApplicationContext,
  method: string,
  path: string,
): RouteDecision | undefined {
  const found = listHttpRoutes(
    app.get(ModulesContainer, { strict: false }),
    app.get(ApplicationConfig, { strict: false }),
  );
  const routes = found.flatMap((route) => compileRoute({ ...route, host: undefined }, { trailing: true }) ?? []);
  let rest = path;
  do {
    const match = matchRoute(routes, { method, headers: {} }, { paths: [rest], hostname: '' }, undefined);
    if (match) {
      const { controllerClass, handlerFunction, ...route } = match.route;
      const entries = getAuditedEntries(controllerClass, handlerFunction);
      return {
        ...route,
        names: entries.map(({ name }) => name),
        isConditional: entries.some(({ options }) => options.when !== undefined),
        reason: getNotAuditedReason(controllerClass, handlerFunction),
        isOwn: isOwnController(controllerClass),
        prefix: path.slice(0, path.length - rest.length),
      };
    }
    rest = rest.replace(/^\/[^/]*/, '');
  } while (rest !== '');
  return undefined;
}

/** Computes {@link auditCoverage} from Nest's own registries. */
export function computeCoverage(modules: ModulesContainer, config: ApplicationConfig): AuditCoverage {
  const routes = listHttpRoutes(modules, config).filter(
    ({ method, controllerClass }) => !SAFE_METHODS.includes(method) && !isOwnController(controllerClass),
  );
  const missing = routes.filter((route) => !isDecided(route));
  return {
    checked: routes.length,
    missing: missing.map(({ controller, handler, method, path }) => ({ controller, handler, method, path })),
  };
}

function isDecided({ controllerClass, handlerFunction }: FoundRoute): boolean {
  if (getAuditedEntries(controllerClass, handlerFunction).length > 0) return true;
  return getNotAuditedReason(controllerClass, handlerFunction) !== undefined;
}

const DECISION_HINT = "@Audited or @NotAudited('reason')";

/** Describes the coverage: one line with the counts, and a line for each missing route with method, path, controller and handler. */
export function describeCoverage({ checked, missing }: AuditCoverage): string {
  if (missing.length === 0) return `Audit coverage: routes that change state: ${checked}, each ${DECISION_HINT}`;
  const methodWidth = Math.max(...missing.map(({ method }) => method.length));
  const pathWidth = Math.max(...missing.map(({ path }) => path.length));
  return [
    `Audit coverage: routes that change state: ${checked}, without ${DECISION_HINT}: ${missing.length}`,
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
    `Audit coverage: routes that change state: ${checked}, without ${DECISION_HINT}: ${missing.length}${example}. ` +
    'To list them, run "npx nestjs-audit-ledger coverage" with the built file of the root module.'
  );
}
