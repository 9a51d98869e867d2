import type { ResolvedViewerOptions } from './viewer-options.js';

/** What the viewer uses of a request, of Express and of Fastify. */
export interface ViewerRequest {
  readonly url: string;
  /** Of Express, where a router in front took a part of the URL away. */
  readonly originalUrl?: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** What it uses of a response. */
export interface ViewerResponse {
  header(name: string, value: string): unknown;
  status(code: number): unknown;
}

/** Paths as the browser has to ask for them, without a slash at their ends. */
export interface Mount {
  /** What is in front of the viewer's own path: the proxy's part, the application's prefix, a version. */
  readonly front: string;
  readonly viewer: string;
}

const PREFIX = /^(\/[\w.~%:@-]+)*$/;

/** Where the viewer is, by the path that a request came for. */
export function mountOf({ url, originalUrl = url }: ViewerRequest, { basePath, path }: ResolvedViewerOptions): Mount {
  const [asked = ''] = originalUrl.split('?', 1);
  const at = asked.toLowerCase().lastIndexOf(path.toLowerCase()); // Express ignores case
  const inFront = asked.slice(0, Math.max(at, 0));
  // Nothing that a browser would take for another host.
  const front = basePath + (PREFIX.test(inFront) ? inFront : '');
  return { front, viewer: front + path };
}

/** The one value of a header. */
export function headerOf({ headers }: ViewerRequest, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : value?.join(', ');
}
