import type { LogRequest, LogResponse } from '../../monitoring/http/log-responses.js';
import type { ResolvedViewerOptions } from './viewer-options.js';

/** The members of an Express or Fastify request that the viewer uses. */
export interface ViewerRequest extends LogRequest {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** The members of an Express or Fastify response that the viewer uses. */
export interface ViewerResponse extends LogResponse {
  status(code: number): unknown;
}

/** The paths for the browser, without a trailing slash. */
export interface Mount {
  /** The path before the viewer's own path: the proxy's prefix, the application's prefix, and a version. */
  readonly front: string;
  readonly viewer: string;
}

const PREFIX = /^(\/[\w.~%:@-]+)*$/;

export function mountOf({ url, originalUrl = url }: ViewerRequest, { basePath, path }: ResolvedViewerOptions): Mount {
  const [requested = ''] = originalUrl.split('?', 1);
  const at = requested.toLowerCase().lastIndexOf(path.toLowerCase()); // Express ignores case
  const inFront = requested.slice(0, Math.max(at, 0));
  // The pattern excludes paths that a browser would read as another host.
  const front = basePath + (PREFIX.test(inFront) ? inFront : '');
  return { front, viewer: front + path };
}

export function headerOf({ headers }: ViewerRequest, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : value?.join(', ');
}

/** The content security policy of the viewer. The policy allows only the viewer's files and the application's routes, and no inline code. */
export const VIEWER_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'self'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ');

/** The headers of each answer of the viewer. These headers replace the application's headers of the same name. */
export const VIEWER_HEADERS: readonly (readonly [string, string])[] = [
  ['Content-Security-Policy', VIEWER_POLICY],
  ['X-Content-Type-Options', 'nosniff'],
  ['X-Frame-Options', 'DENY'],
  ['Referrer-Policy', 'no-referrer'],
  ['Cross-Origin-Opener-Policy', 'same-origin'],
  ['Cross-Origin-Resource-Policy', 'same-origin'],
  ['Vary', 'Accept-Encoding, Origin'], // the application may set CORS headers
];

/** Whether the client has the content already: `If-None-Match` contains the content's entity tag, or `*`. */
export function isUnchanged(known: string | undefined, etag: string): boolean {
  if (known === undefined) return false;
  const tags = known.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes(etag) || tags.includes('*');
}

const ENCODINGS = ['br', 'gzip', 'identity'] as const;

/** Chooses the best compression that the header `Accept-Encoding` allows. */
export function chooseEncoding(accepted = ''): (typeof ENCODINGS)[number] {
  const weights = new Map(accepted.toLowerCase().split(',').map(readWeight));
  return ENCODINGS.find((encoding) => (weights.get(encoding) ?? weights.get('*') ?? 0) > 0) ?? 'identity';
}

function readWeight(encoding: string): readonly [string, number] {
  const [name = '', ...parameters] = encoding.split(';').map((part) => part.trim());
  const quality = parameters.find((parameter) => parameter.startsWith('q='));
  return [name, quality === undefined ? 1 : Number(quality.slice(2))];
}
