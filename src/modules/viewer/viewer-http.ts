import type { LogRequest, LogResponse } from '../monitoring/http/log-responses.js';
import type { ResolvedViewerOptions } from './viewer-options.js';

/** The members of a request, of Express and of Fastify, that the viewer uses. */
export interface ViewerRequest extends LogRequest {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** The members of a response that it uses. */
export interface ViewerResponse extends LogResponse {
  status(code: number): unknown;
}

/** Paths as the browser must request them, without a trailing slash. */
export interface Mount {
  /** The part before the viewer's own path: the proxy's part, the application's prefix, a version. */
  readonly front: string;
  readonly viewer: string;
}

const PREFIX = /^(\/[\w.~%:@-]+)*$/;

/** The mount of the viewer, from the path of a request. */
export function mountOf({ url, originalUrl = url }: ViewerRequest, { basePath, path }: ResolvedViewerOptions): Mount {
  const [asked = ''] = originalUrl.split('?', 1);
  const at = asked.toLowerCase().lastIndexOf(path.toLowerCase()); // Express ignores case
  const inFront = asked.slice(0, Math.max(at, 0));
  // Excludes everything that a browser would take for another host.
  const front = basePath + (PREFIX.test(inFront) ? inFront : '');
  return { front, viewer: front + path };
}

export function headerOf({ headers }: ViewerRequest, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : value?.join(', ');
}

/** The content security policy of the viewer: its own files and the application's routes, nothing inline, nothing from elsewhere. */
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

/** The headers of each answer of the viewer. They replace those that the application set before. */
export const VIEWER_HEADERS: readonly (readonly [string, string])[] = [
  ['Content-Security-Policy', VIEWER_POLICY],
  ['X-Content-Type-Options', 'nosniff'],
  ['X-Frame-Options', 'DENY'],
  ['Referrer-Policy', 'no-referrer'],
  ['Cross-Origin-Opener-Policy', 'same-origin'],
  ['Cross-Origin-Resource-Policy', 'same-origin'],
  ['Vary', 'Accept-Encoding, Origin'], // the application may answer other origins
];

/** Whether the client already has the content: `If-None-Match` names it, or everything. */
export function isUnchanged(known: string | undefined, etag: string): boolean {
  if (known === undefined) return false;
  const tags = known.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes(etag) || tags.includes('*');
}

const ENCODINGS = ['br', 'gzip', 'identity'] as const;

/** Chooses the smallest encoding of a file that a client accepts, by its header `Accept-Encoding`. */
export function chooseEncoding(accepted = ''): (typeof ENCODINGS)[number] {
  const weights = new Map(accepted.toLowerCase().split(',').map(readWeight));
  return ENCODINGS.find((encoding) => (weights.get(encoding) ?? weights.get('*') ?? 0) > 0) ?? 'identity';
}

function readWeight(encoding: string): readonly [string, number] {
  const [name = '', ...parameters] = encoding.split(';').map((part) => part.trim());
  const quality = parameters.find((parameter) => parameter.startsWith('q='));
  return [name, quality === undefined ? 1 : Number(quality.slice(2))];
}
