import type { HttpServer } from '@nestjs/common';
import type { ParseOptions, PathToRegexpOptions } from 'path-to-regexp';
import { readSafely } from '../../base/read-safely.js';

/** How the router compares paths: `sensitive` to case, or with an optional `trailing` slash. */
export type PathRules = Pick<PathToRegexpOptions & ParseOptions, 'sensitive' | 'trailing' | 'encodePath'>;

export interface RequestWithPath {
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
  pathsOf(request: RequestWithPath, mount: string): readonly string[];
  /** Fastify: returns the place of a route in the router. The lowest place of those that match wins. On Express, the order of declaration decides. */
  placeOf?(path: string): string;
}

export function routerRulesOf(adapter: HttpServer): RouterRules {
  const instance: unknown = adapter.getInstance();
  // The type of the adapter decides the type of its instance.
  return adapter.getType() === 'fastify' ? fastifyRules(instance as Fastify) : expressRules(instance as Express);
}

interface Express {
  enabled?(setting: string): boolean;
}

function expressRules(express: Express): RouterRules {
  const isEnabled = (setting: string): boolean => express.enabled?.(setting) === true;
  return {
    sensitive: isEnabled('case sensitive routing'),
    trailing: !isEnabled('strict routing'),
    // `url`, and so `path`, may be rewritten by middleware. Mounted middleware sees at least a slash.
    pathsOf: ({ baseUrl = '', path, originalUrl, url = '/' }, mount) => [
      (path ? baseUrl + (path === '/' ? '' : path) : pathIn(originalUrl ?? url)).slice(mount.length) || '/',
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

function fastifyRules({ initialConfig }: Fastify): RouterRules {
  const options = { ...initialConfig, ...initialConfig.routerOptions };
  const sensitive = options.caseSensitive !== false;
  return {
    sensitive,
    trailing: options.ignoreTrailingSlash === true,
    encodePath: (text) => text.replaceAll('%', '%25'),
    pathsOf: ({ hostname, originalUrl, url = '/' }) => {
      // Middleware gets a shorter `url`, with the routed one in `originalUrl`. Before that, `originalUrl` is the one before `rewriteUrl`.
      const target = pathIn((hostname === undefined ? undefined : originalUrl) ?? url);
      const decoded = decodePath(options.useSemicolonDelimiter ? target.replace(/;.*/s, '') : target);
      const path = options.ignoreDuplicateSlashes ? decoded.replace(/\/+/g, '/') : decoded;
      return sensitive ? [path] : [path, path.toLowerCase()]; // a regular expression folds fewer letters
    },
    // One digit for each segment: fixed text comes before a parameter, and a parameter before a wildcard.
    placeOf: (path) =>
      path.replace(/[^/]+/g, (segment) => (segment.includes('*') ? '2' : segment.includes(':') ? '1' : '0')),
  };
}

/** Decodes what Fastify decodes before it compares: neither the reserved characters nor `%25`. */
function decodePath(path: string): string {
  return readSafely(() => decodeURI(path.replaceAll('%25', '%2525')), path);
}

/** A client may send a whole URL, as to a proxy. */
function pathIn(url: string): string {
  return url.replace(/^[a-z]+:\/\/[^/?#]*/i, '').replace(/[?#].*/s, '') || '/';
}
