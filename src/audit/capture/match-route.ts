import { type VersioningOptions, VERSION_NEUTRAL, VersioningType } from '@nestjs/common';
import { pathToRegexp, type Keys } from 'path-to-regexp';
import type { FoundRoute } from '../coverage/http-routes.js';
import { readSafely } from '../event/read-safely.js';
import type { PathRules, RequestWithPath } from './router-rules.js';

interface Pattern {
  readonly regexp: RegExp;
  readonly keys: Keys;
}

export interface MatchableRoute {
  readonly route: FoundRoute;
  readonly path: Pattern;
  /** The patterns of `@Controller({ host })`; `undefined` for a controller without a host. */
  readonly hosts: readonly Pattern[] | undefined;
}

export interface RoutedRequest extends RequestWithPath {
  /** The host as Express or Fastify determines it, by the trust-proxy setting. */
  readonly hostname?: string | undefined;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly method?: string | undefined;
}

export interface RequestedAddress {
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
export function compileRoute(route: FoundRoute, rules: PathRules): MatchableRoute | undefined {
  const path = compilePattern(withNamedWildcards(route.path), rules);
  const given: readonly unknown[] = route.host === undefined || route.host === '' ? [] : [route.host].flat();
  const hosts = given.flatMap((host) =>
    host instanceof RegExp ? { regexp: host, keys: [] } : (compilePattern(String(host)) ?? []),
  );
  return path && { route, path, hosts: given.length === 0 ? undefined : hosts };
}

/** @param routes in the router's order */
export function matchRoute(
  routes: readonly MatchableRoute[],
  request: RoutedRequest,
  { paths, hostname }: RequestedAddress,
  versioning: VersioningOptions | undefined,
): RouteMatch | undefined {
  for (const { route, path, hosts: patterns } of routes) {
    if (!matchesMethod(route.method, request.method)) continue;
    const params = paths.map((each) => paramsOf(each, path)).find((each) => each !== undefined);
    if (!params || !matchesVersion(route.version, versioning, request)) continue;
    const hosts = matchHosts(patterns, hostname);
    if (hosts) return { route, params, hosts };
  }
  return undefined;
}

/** Node's own request has only a header, with a port: `:authority` over HTTP/2, `host` over HTTP/1. */
export function hostnameOf({ hostname, headers }: RoutedRequest): string {
  return hostname ?? String(headers[':authority'] ?? headers.host ?? '').replace(/:\d+$/, '');
}

function matchesMethod(method: string, requested: string | undefined): boolean {
  return method === 'ALL' || method === requested || (method === 'GET' && requested === 'HEAD');
}

function matchHosts(hosts: readonly Pattern[] | undefined, hostname: string): Params | undefined {
  return hosts ? hosts.map((host) => paramsOf(hostname, host)).find((params) => params !== undefined) : {};
}

function paramsOf(text: string, { regexp, keys }: Pattern): Params | undefined {
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
function withNamedWildcards(path: string): string {
  return path.replace(/(:\w+)\((?:[^()\\]|\\.)*\)/g, '$1').replace(/\(\.\*\)|\*(?!\w)/g, '{*path}');
}

/** A separator inside a quoted text does not end the media range. */
const MEDIA_RANGE = /(?:"(?:\\.|[^"\\])*"?|[^",])+/gs;
const PARAMETER = /(?:"(?:\\.|[^"\\])*"?|[^";])+/gs;

/** A version in the URL is already compared as a part of the path. */
function matchesVersion(version: unknown, versioning: VersioningOptions | undefined, request: RoutedRequest): boolean {
  if (!versioning || versioning.type === VersioningType.URI) return true;
  if (version === undefined || version === VERSION_NEUTRAL) return true;
  const requested: unknown = readSafely(() => requestedVersion(versioning, request)) ?? VERSION_NEUTRAL;
  const accepted: readonly unknown[] = [requested].flat();
  return [version].flat().some((each: unknown) => accepted.includes(each));
}

function requestedVersion(versioning: VersioningOptions, request: RoutedRequest): unknown {
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

function mediaTypeVersion(accept: string, key: string): string | undefined {
  const ranges = accept.match(MEDIA_RANGE) ?? [];
  const parameters = ranges.flatMap((range) => (range.match(PARAMETER) ?? []).slice(1));
  const version = parameters.map((each) => each.trim()).find((each) => each.startsWith(key));
  return version?.slice(key.length).replace(/^"(.*)"$/s, (_whole, quoted: string) => quoted.replace(/\\(.)/gs, '$1'));
}
