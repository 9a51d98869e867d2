import { VERSION_NEUTRAL, VersioningType, type VersioningOptions } from '@nestjs/common';
import type { FoundRoute } from '../coverage/http-routes.js';
import { readSafely } from '../event/read-safely.js';

/** A route that a request can be held against. */
export interface MatchableRoute {
  readonly route: FoundRoute;
  readonly pattern: RegExp;
  readonly parameters: readonly string[];
}

/** How the application's router compares paths. */
export interface PathRules {
  readonly isCaseSensitive: boolean;
  /** Whether a slash at the end makes another path. */
  readonly isStrict: boolean;
}

/** What of a request says which route it is for. */
export interface RoutedRequest {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly originalUrl?: string | undefined;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** Parts of a path's pattern, as Express (path-to-regexp) and Fastify (find-my-way) have them. */
const PART =
  /\\(.)|::|:([A-Za-z_$][\w$]*)(\((?:[^()\\]|\\.)*\))?(\?)?|\(\.\*\)|\*([A-Za-z_$][\w$]*)?|([{}])|([^\\:*{}()]+|.)/gs;

/** Compiles a route's path: parameters, wildcards and optional parts. `undefined` for a pattern of another kind. */
export function compileRoute(route: FoundRoute, { isCaseSensitive, isStrict }: PathRules): MatchableRoute | undefined {
  const parameters: string[] = [];
  const source = route.path.replace(PART, (whole, escaped, name, own, isOptional, wild, brace, text) => {
    if (typeof escaped === 'string') return literal(escaped);
    if (whole === '::') return ':';
    if (typeof name === 'string') {
      parameters.push(name);
      // Groups within a parameter's own expression would shift those after it.
      const expression = typeof own === 'string' ? `(${own.slice(1, -1).replace(/\((?!\?)/g, '(?:')})` : '([^/]+?)';
      return expression + (isOptional === '?' ? '?' : '');
    }
    if (whole === '(.*)' || whole.startsWith('*')) {
      parameters.push(typeof wild === 'string' ? wild : '*');
      return '(.*)';
    }
    if (brace === '{') return '(?:';
    return brace === '}' ? ')?' : literal(String(text));
  });
  const end = isStrict || route.path.endsWith('/') ? '' : '/?';
  const pattern = readSafely(() => new RegExp(`^${source}${end}$`, isCaseSensitive ? 's' : 'is'));
  return pattern && { route, pattern, parameters };
}

/** The route of a request among those in the router's order, with the values of its parameters. */
export function matchRoute(
  routes: readonly MatchableRoute[],
  request: RoutedRequest,
  versioning: VersioningOptions | undefined,
): { readonly route: FoundRoute; readonly params: Readonly<Record<string, string>> } | undefined {
  const path = pathOf(request);
  for (const { route, pattern, parameters } of routes) {
    if (!takesMethod(route.method, request.method)) continue;
    const [, ...values] = pattern.exec(path) ?? [undefined];
    if (values.length === 0 && !pattern.test(path)) continue;
    if (!takesVersion(route.version, versioning, request)) continue;
    const named = parameters.map((name, index) => [name, decode(values[index] ?? '')]);
    return { route, params: Object.fromEntries(named) as Record<string, string> }; // pairs of a name and a text
  }
  return undefined;
}

/** Express mounts routers by cutting `url`; what was asked for is kept. */
function pathOf({ originalUrl, url = '/' }: RoutedRequest): string {
  return (originalUrl ?? url).replace(/[?#].*$/s, '');
}

function takesMethod(method: string, asked: string | undefined): boolean {
  return method === 'ALL' || method === asked || (method === 'GET' && asked === 'HEAD');
}

/** Whether a route of this version is meant; one in the path was compared with it. */
function takesVersion(version: unknown, versioning: VersioningOptions | undefined, request: RoutedRequest): boolean {
  if (!versioning || versioning.type === VersioningType.URI || version === undefined) return true;
  const versions: readonly unknown[] = [version].flat();
  if (versions.includes(VERSION_NEUTRAL)) return true;
  const asked: unknown = readSafely(() => askedVersion(versioning, request));
  return [asked].flat().some((each) => versions.includes(each));
}

function askedVersion(versioning: VersioningOptions, request: RoutedRequest): unknown {
  switch (versioning.type) {
    case VersioningType.HEADER:
      return request.headers[versioning.header.toLowerCase()];
    case VersioningType.MEDIA_TYPE: {
      const parameter = String(request.headers.accept).split(';')[1];
      return parameter?.split(versioning.key)[1];
    }
    case VersioningType.CUSTOM:
      return versioning.extractor(request);
    default:
      return undefined;
  }
}

function decode(value: string): string {
  return readSafely(() => decodeURIComponent(value)) ?? value;
}

function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}
