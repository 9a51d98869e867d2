import type { VersioningOptions } from '@nestjs/common';
import type { FoundRoute } from '../coverage/http-routes.js';
import { readSafely } from '../event/read-safely.js';
import { compilePattern, type CompiledPattern, type PatternRules } from './compile-pattern.js';
import { takesVersion } from './match-version.js';

/** The part of a request that names its host. */
interface HostedRequest {
  /** The host by Express and Fastify, which follow their trust-proxy setting. */
  readonly hostname?: string | undefined;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** The values of a host's parameters, as `@HostParam()` gives them. */
type HostParams = Readonly<Record<string, string>>;

/** A route that requests can be compared with. */
export interface MatchableRoute extends CompiledPattern {
  readonly route: FoundRoute;
  readonly hosts: readonly CompiledPattern[] | undefined;
}

/** The part of a request that decides its route. */
export interface RoutedRequest extends HostedRequest {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly originalUrl?: string | undefined;
}

/** A request's route, with the values of the parameters of its path and its host. */
export interface RouteMatch {
  readonly route: FoundRoute;
  readonly params: Readonly<Record<string, string>>;
  readonly hosts: HostParams;
}

/** Compiles a route's path and hosts. Returns `undefined` for a pattern that is not supported. */
export function compileRoute(route: FoundRoute, rules: PatternRules): MatchableRoute | undefined {
  const compiled = compilePattern(route.path, rules);
  return compiled && { ...compiled, route, hosts: compileHosts(route.host) };
}

/** Finds the route of a request; `routes` are in the router's order. */
export function matchRoute(
  routes: readonly MatchableRoute[],
  request: RoutedRequest,
  versioning: VersioningOptions | undefined,
): RouteMatch | undefined {
  const path = pathOf(request);
  for (const { route, pattern, parameters, hosts: routeHosts } of routes) {
    if (!takesMethod(route.method, request.method)) continue;
    const match = pattern.exec(path);
    if (!match || !takesVersion(route.version, versioning, request)) continue;
    const hosts = matchHosts(routeHosts, request);
    if (!hosts) continue;
    const named = parameters.map((name, index) => [name, decode(match[index + 1] ?? '')]);
    return { route, params: Object.fromEntries(named) as RouteMatch['params'], hosts }; // pairs of a name and a text
  }
  return undefined;
}

/** Returns the path of a request. Express shortens `url` for mounted routers; `originalUrl` keeps the whole. */
function pathOf({ originalUrl, url = '/' }: RoutedRequest): string {
  return (originalUrl ?? url).replace(/[?#].*$/s, '');
}

function takesMethod(method: string, asked: string | undefined): boolean {
  return method === 'ALL' || method === asked || (method === 'GET' && asked === 'HEAD');
}

function decode(value: string): string {
  return readSafely(() => decodeURIComponent(value)) ?? value;
}

/**
 * Compiles the hosts of a `@Controller({ host })`: a text, an expression, or a list of them. Returns `undefined` for a controller without
 * hosts.
 */
function compileHosts(host: unknown): readonly CompiledPattern[] | undefined {
  if (host === undefined || host === '') return undefined;
  return [host].flat().flatMap((each: unknown) => {
    if (each instanceof RegExp) return { pattern: each, parameters: [] };
    return typeof each === 'string' ? (compilePattern(each, { isCaseSensitive: false, isStrict: false }) ?? []) : [];
  });
}

/** Returns the parameters of the first host that matches the request; `undefined` if none matches. */
function matchHosts(hosts: readonly CompiledPattern[] | undefined, request: HostedRequest): HostParams | undefined {
  if (!hosts) return {};
  const hostname = hostnameOf(request);
  for (const { pattern, parameters } of hosts) {
    const match = hostname.match(pattern);
    if (!match) continue;
    const named = parameters.map((name, index) => [name, match[index + 1]]);
    const found = [...named, ...Object.entries(match.groups ?? {})].filter(([, value]) => value !== undefined);
    return Object.fromEntries(found) as HostParams; // pairs of a name and a text
  }
  return undefined;
}

/** Returns the host name. Node's own request has only the header, with a port. */
function hostnameOf({ hostname, headers }: HostedRequest): string {
  return hostname ?? String(headers.host ?? '').replace(/:\d+$/, '');
}
