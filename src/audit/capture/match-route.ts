import { type VersioningOptions, VERSION_NEUTRAL, VersioningType } from '@nestjs/common';
import type { FoundRoute } from '../coverage/http-routes.js';
import { readSafely } from '../event/read-safely.js';

/** A route that requests can be compared with. */
export interface MatchableRoute extends CompiledPattern {
  readonly route: FoundRoute;
  readonly hosts: readonly CompiledPattern[] | undefined;
}

/** The part of a request that decides its route. */
export interface RoutedRequest {
  /** The host by Express and Fastify, which follow their trust-proxy setting. */
  readonly hostname?: string | undefined;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly originalUrl?: string | undefined;
}

/** The values of parameters, as `@Param()` and `@HostParam()` give them. */
type Params = Readonly<Record<string, string>>;

/** A request's route, with the values of the parameters of its path and its host. */
export interface RouteMatch {
  readonly route: FoundRoute;
  readonly params: Params;
  readonly hosts: Params;
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
    return { route, params: Object.fromEntries(named) as Params, hosts }; // pairs of a name and a text
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
function matchHosts(hosts: readonly CompiledPattern[] | undefined, request: RoutedRequest): Params | undefined {
  if (!hosts) return {};
  const hostname = hostnameOf(request);
  for (const { pattern, parameters } of hosts) {
    const match = hostname.match(pattern);
    if (!match) continue;
    const named = parameters.map((name, index) => [name, match[index + 1]]);
    const found = [...named, ...Object.entries(match.groups ?? {})].filter(([, value]) => value !== undefined);
    return Object.fromEntries(found) as Params; // pairs of a name and a text
  }
  return undefined;
}

/** Returns the host name. Node's own request has only the header, with a port. */
function hostnameOf({ hostname, headers }: RoutedRequest): string {
  return hostname ?? String(headers.host ?? '').replace(/:\d+$/, '');
}

/** A router's pattern as a regular expression whose groups are the parameters. */
export interface CompiledPattern {
  readonly pattern: RegExp;
  readonly parameters: readonly string[];
}

/** How a pattern is compared. */
export interface PatternRules {
  readonly isCaseSensitive: boolean;
  /** Whether a trailing slash makes a different path. */
  readonly isStrict: boolean;
}

/** The parts of a pattern in Express and Nest's hosts (path-to-regexp) and in Fastify (find-my-way). */
const PART =
  /\\(.)|::|:([A-Za-z_$][\w$]*)(\((?:[^()\\]|\\.)*\))?(\?)?|\(\.\*\)|\*([A-Za-z_$][\w$]*)?|([{}])|([^\\:*{}()]+|.)/gs;

/** Compiles parameters, wildcards and optional parts. Returns `undefined` for a pattern that has anything else. */
function compilePattern(text: string, { isCaseSensitive, isStrict }: PatternRules): CompiledPattern | undefined {
  const parameters: string[] = [];
  const source = text.replace(PART, (whole, escaped, name, own, isOptional, wild, brace, fixed) => {
    if (typeof escaped === 'string') return literal(escaped);
    if (whole === '::') return ':';
    if (typeof name === 'string') {
      parameters.push(name);
      // Groups inside a parameter's own expression would shift the numbers of the groups after it.
      const expression = typeof own === 'string' ? `(${own.slice(1, -1).replace(/\((?!\?)/g, '(?:')})` : '([^/]+?)';
      return expression + (isOptional === '?' ? '?' : '');
    }
    if (whole === '(.*)' || whole.startsWith('*')) {
      parameters.push(typeof wild === 'string' ? wild : '*');
      return '(.*)';
    }
    if (brace === '{') return '(?:';
    return brace === '}' ? ')?' : literal(String(fixed));
  });
  const end = isStrict || text.endsWith('/') ? '' : '/?';
  const pattern = readSafely(() => new RegExp(`^${source}${end}$`, isCaseSensitive ? 's' : 'is'));
  return pattern && { pattern, parameters };
}

function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}

/** Matches one media range; a quoted text belongs to it whatever separators it holds. */
const MEDIA_RANGE = /(?:"(?:\\.|[^"\\])*"?|[^",])+/gs;
const PARAMETER = /(?:"(?:\\.|[^"\\])*"?|[^";])+/gs;

/** Whether a route takes requests of this version of the API. A version in the URL needs no check: it was compared with the path. */
function takesVersion(version: unknown, versioning: VersioningOptions | undefined, request: RoutedRequest): boolean {
  if (!versioning || versioning.type === VersioningType.URI) return true;
  if (version === undefined || version === VERSION_NEUTRAL) return true;
  const asked: unknown = readSafely(() => askedVersion(versioning, request));
  const wanted: readonly unknown[] = asked === undefined ? [VERSION_NEUTRAL] : [asked].flat();
  const versions: readonly unknown[] = [version].flat();
  return versions.some((each) => wanted.includes(each));
}

function askedVersion(versioning: VersioningOptions, request: RoutedRequest): unknown {
  switch (versioning.type) {
    case VersioningType.HEADER:
      return request.headers[versioning.header.toLowerCase()];
    case VersioningType.MEDIA_TYPE:
      return mediaTypeVersion(String(request.headers.accept ?? ''), versioning.key);
    case VersioningType.CUSTOM:
      return versioning.extractor(request);
    default:
      return undefined;
  }
}

/** Returns the text after the key, in the first parameter of any media range that begins with it, as in `application/json;v=2`. */
function mediaTypeVersion(accept: string, key: string): string | undefined {
  const ranges = accept.match(MEDIA_RANGE) ?? [];
  const parameters = ranges.flatMap((range) => (range.match(PARAMETER) ?? []).slice(1));
  const version = parameters.map((each) => each.trim()).find((each) => each.startsWith(key));
  return version?.slice(key.length).replace(/^"(.*)"$/s, (_whole, quoted: string) => quoted.replace(/\\(.)/gs, '$1'));
}
