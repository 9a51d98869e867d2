import { type VersioningOptions, VERSION_NEUTRAL, VersioningType, type HttpServer } from '@nestjs/common';
import { pathToRegexp, type Keys, type ParseOptions, type PathToRegexpOptions } from 'path-to-regexp';
import type { FoundRoute } from '../coverage/http-routes.js';
import { readSafely } from '../../base/read-safely.js';

interface Pattern {
  readonly regexp: RegExp;
  readonly keys: Keys;
}

export interface MatchableRoute {
  readonly route: FoundRoute;
  readonly path: Pattern;
  /** The patterns of `@Controller({ host })`; `undefined` for a controller without a host. */
  readonly hosts: readonly Pattern[] | undefined;
  /** Among routes of the same place, the first version of the request decides. `undefined` if only the order of the routes decides. */
  readonly order: string | undefined;
}

export interface RoutedRequest extends RequestWithPath {
  /** The host as Express or Fastify determines it, by the trust-proxy setting. */
  readonly hostname?: string | undefined;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly method?: string | undefined;
}

interface RequestedAddress {
  /** The spellings of one path. */
  readonly paths: readonly string[];
  readonly hostname: string;
}

type Params = Readonly<Record<string, string>>;

export interface RouteMatch {
  readonly route: FoundRoute;
  readonly params: Params;
  readonly hosts: Params;
}

/** Compiles a route's path and hosts. Returns `undefined` for a path that path-to-regexp cannot read. */
export function compileRoute(
  route: FoundRoute,
  rules: PathRules & Pick<RouterRules, 'getOrder'>,
): MatchableRoute | undefined {
  const path = compilePattern(nameWildcards(route.path), rules);
  const input: readonly unknown[] = route.host === undefined || route.host === '' ? [] : [route.host].flat();
  const hosts = input.flatMap((host) =>
    host instanceof RegExp ? { regexp: host, keys: [] } : (compilePattern(String(host)) ?? []),
  );
  return path && { route, path, hosts: input.length === 0 ? undefined : hosts, order: rules.getOrder?.(route.path) };
}

/** @param routes in the router's order */
export function matchRoute(
  routes: readonly MatchableRoute[],
  request: RoutedRequest,
  { paths, hostname }: RequestedAddress,
  versioning: VersioningOptions | undefined,
): RouteMatch | undefined {
  const requested = getRequestedVersions(versioning, request);
  let best: { readonly match: RouteMatch; readonly place: string | undefined; readonly rank: number } | undefined;
  for (const { route, path, order, hosts: patterns } of routes) {
    if (best && (order === undefined || order !== best.place)) break;
    if (!matchesMethod(route.method, request.method)) continue;
    const params = paths.map((each) => matchParams(each, path)).find((each) => each !== undefined);
    const rank = rankVersion(route.version, requested);
    if (!params || rank < 0 || (best && best.rank <= rank)) continue;
    const hosts = matchHosts(patterns, hostname);
    if (hosts) best = { match: { route, params, hosts }, place: order, rank };
  }
  return best?.match;
}

/** Node's own request has only a header, with a port: `:authority` over HTTP/2, `host` over HTTP/1. */
export function getHostname({ hostname, headers }: RoutedRequest): string {
  return hostname ?? String(headers[':authority'] ?? headers.host ?? '').replace(/:\d+$/, '');
}

function matchesMethod(method: string, requested: string | undefined): boolean {
  return method === 'ALL' || method === requested || (method === 'GET' && requested === 'HEAD');
}

function matchHosts(hosts: readonly Pattern[] | undefined, hostname: string): Params | undefined {
  return hosts ? hosts.map((host) => matchParams(hostname, host)).find((params) => params !== undefined) : {};
}

function matchParams(text: string, { regexp, keys }: Pattern): Params | undefined {
  const match = text.match(regexp);
  if (!match) return undefined;
  const byName = keys.map(({ name }, index) => [name, match[index + 1]] as const);
  const found = [...byName, ...Object.entries(match.groups ?? {})].flatMap(([name, value]) =>
    value === undefined ? [] : [[name, readSafely(() => decodeURIComponent(value)) ?? value] as const],
  );
  return Object.fromEntries(found);
}

function compilePattern(pattern: string, rules: PathRules = {}): Pattern | undefined {
  return readSafely(() => pathToRegexp(pattern, rules));
}

/** Names the wildcards of a path, as Nest does for Express, and drops the expressions that Fastify allows after a parameter. */
function nameWildcards(path: string): string {
  return path.replace(/(:\w+)\((?:[^()\\]|\\.)*\)/g, '$1').replace(/\(\.\*\)|\*(?!\w)/g, '{*path}');
}

/** Returns the versions that a request names, the preferred one first; `undefined` if versions are in the URL, and so part of the path. */
function getRequestedVersions(
  versioning: VersioningOptions | undefined,
  request: RoutedRequest,
): unknown[] | undefined {
  if (!versioning || versioning.type === VersioningType.URI) return undefined;
  return [readSafely(() => getRequestedVersion(versioning, request)) ?? VERSION_NEUTRAL].flat();
}

/** Returns the place of a route's version in the request's list, after it for a route of any version, and -1 for a version that is not in it. */
function rankVersion(version: unknown, requested: readonly unknown[] | undefined): number {
  if (!requested) return 0;
  if (version === undefined || version === VERSION_NEUTRAL) return requested.length;
  const accepted: readonly unknown[] = [version].flat();
  return requested.findIndex((each) => accepted.includes(each));
}

function getRequestedVersion(versioning: VersioningOptions, request: RoutedRequest): unknown {
  switch (versioning.type) {
    case VersioningType.HEADER:
      return request.headers[versioning.header.toLowerCase()];
    case VersioningType.MEDIA_TYPE:
      return parseMediaTypeVersion(String(request.headers.accept ?? ''), versioning.key);
    case VersioningType.CUSTOM:
      return versioning.extractor(request);
    default:
      return undefined;
  }
}

function parseMediaTypeVersion(accept: string, key: string): string | undefined {
  const parameters = accept.split(/[,;]/).map((each) => each.trim());
  return parameters.find((each) => each.startsWith(key))?.slice(key.length);
}

/** How the router compares paths: `sensitive` to case, or with an optional `trailing` slash. */
type PathRules = Pick<PathToRegexpOptions & ParseOptions, 'sensitive' | 'trailing' | 'encodePath'>;

interface RequestWithPath {
  /** On Fastify, absent until a middleware runs. */
  readonly hostname?: string | undefined;
  readonly url?: string | undefined;
  readonly originalUrl?: string | undefined;
  /** Express removes `baseUrl` for mounted middleware; `path` is the rest, without the query. */
  readonly baseUrl?: string | undefined;
  readonly path?: string | undefined;
}

export interface RouterRules extends PathRules {
  /** Returns the spellings of a request's path, as the router reads it. `mount` is the `baseUrl` with which the request came to the application. */
  expandPaths(request: RequestWithPath, mount: string): readonly string[];
  /** Fastify: returns the place of a route in the router. The lowest place of those that match wins. On Express, the order of declaration decides. */
  getOrder?(path: string): string;
}

export function getRouterRules(adapter: HttpServer): RouterRules {
  const instance: unknown = adapter.getInstance();
  // The type of the adapter decides the type of its instance.
  return adapter.getType() === 'fastify' ? getFastifyRules(instance as Fastify) : getExpressRules(instance as Express);
}

interface Express {
  enabled?(setting: string): boolean;
}

function getExpressRules(express: Express): RouterRules {
  const isEnabled = (setting: string): boolean => express.enabled?.(setting) === true;
  return {
    sensitive: isEnabled('case sensitive routing'),
    trailing: !isEnabled('strict routing'),
    // `url`, and so `path`, may be rewritten by middleware. Mounted middleware sees at least a slash.
    expandPaths: ({ baseUrl = '', path, originalUrl, url = '/' }, mount) => [
      (path ? baseUrl + (path === '/' ? '' : path) : parsePath(originalUrl ?? url)).slice(mount.length) || '/',
    ],
  };
}

interface FastifyRouterOptions {
  readonly caseSensitive?: boolean;
  readonly ignoreTrailingSlash?: boolean;
  readonly ignoreDuplicateSlashes?: boolean;
  readonly useSemicolonDelimiter?: boolean;
}

interface Fastify {
  readonly initialConfig: FastifyRouterOptions & { readonly routerOptions?: FastifyRouterOptions };
}

function getFastifyRules({ initialConfig }: Fastify): RouterRules {
  const options = { ...initialConfig, ...initialConfig.routerOptions };
  const sensitive = options.caseSensitive !== false;
  return {
    sensitive,
    trailing: options.ignoreTrailingSlash === true,
    encodePath: (text) => text.replaceAll('%', '%25'),
    expandPaths: ({ hostname, originalUrl, url = '/' }) => {
      // Middleware gets a shorter `url`, with the routed one in `originalUrl`. Before that, `originalUrl` is the one before `rewriteUrl`.
      const target = parsePath((hostname === undefined ? undefined : originalUrl) ?? url);
      const decoded = decodePath(options.useSemicolonDelimiter ? target.replace(/;.*/s, '') : target);
      const path = options.ignoreDuplicateSlashes ? decoded.replace(/\/+/g, '/') : decoded;
      return sensitive ? [path] : [path, path.toLowerCase()]; // a regular expression folds fewer letters
    },
    // One digit for each segment: fixed text comes before a parameter, and a parameter before a wildcard.
    getOrder: (path) =>
      path.replace(/[^/]+/g, (segment) => (segment.includes('*') ? '2' : segment.includes(':') ? '1' : '0')),
  };
}

/** Decodes what Fastify decodes before it compares: neither the reserved characters nor `%25`. */
function decodePath(path: string): string {
  return readSafely(() => decodeURI(path.replaceAll('%25', '%2525')), path);
}

/** A client may send a whole URL, as to a proxy. */
function parsePath(url: string): string {
  return url.replace(/^[a-z]+:\/\/[^/?#]*/i, '').replace(/[?#].*/s, '') || '/';
}
