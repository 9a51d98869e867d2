import type { ResolvedViewerOptions } from './viewer-options.js';

/** The members of a request, of Express and of Fastify, that the viewer uses. */
export interface ViewerRequest {
  readonly url: string;
  /** Only in Express, where a router in front removed a part of the URL. */
  readonly originalUrl?: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** The members of a response that it uses. */
export interface ViewerResponse {
  header(name: string, value: string): unknown;
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

/** The only value of a header. */
export function headerOf({ headers }: ViewerRequest, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : value?.join(', ');
}
