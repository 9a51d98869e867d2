import type { Readable } from 'node:stream';
import { StreamableFile, type ExecutionContext } from '@nestjs/common';
import { parseTilePath, type TileResource } from '../proof/log/tiles/tile-path.js';

/** The members of an Express or Fastify response that the routes use. */
export interface LogResponse {
  header(name: string, value: string): unknown;
}

/** The members of a response that the routes with a stream use. In Fastify, `raw` is the response of Node.js. */
export interface StreamedResponse extends LogResponse {
  readonly raw?: NodeResponse;
}

interface NodeResponse {
  once(event: 'close', listener: () => void): unknown;
  destroy(): unknown;
  readonly destroyed: boolean;
  shouldKeepAlive: boolean;
}

/** Returns Node's response. In Express, the response is itself a response of Node.js. */
export function toNodeResponse(response: StreamedResponse): NodeResponse {
  return response.raw ?? (response as unknown as NodeResponse);
}

export interface LogRequest {
  readonly url: string;
  /** The complete URL, only in Express, because a router of Express shortens `url`. */
  readonly originalUrl?: string;
}

export const TEXT = 'text/plain; charset=utf-8';

/** The value of Cache-Control for answers that may change: caches must revalidate such answers. */
export const MUTABLE = 'no-cache';

/** A page has no scripts, and only its own styles. */
const PAGE_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/**
 * Forbids caches to store any answer, including a refusal, and browsers to run what an answer contains. Routes with cacheable answers replace
 * the first header.
 */
export function protectResponse(context: ExecutionContext): void {
  const response = context.switchToHttp().getResponse<LogResponse>();
  response.header('Cache-Control', 'no-store');
  response.header('X-Content-Type-Options', 'nosniff');
  response.header('Content-Security-Policy', PAGE_POLICY);
}

/**
 * Returns the paths below `prefix` for partial tiles, and for tiles whose index has more than three digits. Each length of a path needs its
 * own route, because no wildcard works in both Express and Fastify. The paths suffice for 10^12 tiles.
 */
export function listLongTilePaths(prefix: string): string[] {
  return ['/:b', '/:b/:c', '/:b/:c/:d', '/:b/:c/:d/:w'].map((more) => `${prefix}/:a${more}`);
}

/** The application may add prefixes before this path. */
const ROUTES = '/audit/';

/** Returns the tile or bundle that a request names. @throws `AUDIT_TILE_PATH_INVALID` for another path */
export function parseRequestTile({ url, originalUrl = url }: LogRequest): TileResource {
  const [path = ''] = originalUrl.split('?', 1);
  return parseTilePath(path.slice(path.indexOf(`${ROUTES}tile/`) + ROUTES.length));
}

export function toBytesResponse(bytes: Uint8Array, type = 'application/octet-stream'): StreamableFile {
  return new StreamableFile(bytes, { type, length: bytes.length });
}

export function toTextResponse(text: string, name: string): StreamableFile {
  const bytes = Buffer.from(text);
  const disposition = `attachment; filename="${name.toLowerCase()}"`;
  return new StreamableFile(bytes, { type: TEXT, disposition, length: bytes.length });
}

/** Sends a stream. If the stream fails, closes the connection, so that the client notices the incomplete response. */
export function streamResponse(
  stream: Readable,
  response: StreamedResponse,
  options: { readonly type: string; readonly disposition?: string },
): StreamableFile {
  return new StreamableFile(stream, options).setErrorHandler(() => void toNodeResponse(response).destroy());
}

/** Whether the header `Accept-Encoding` accepts gzip, by its name or by `*`. */
export function acceptsGzip(encodings = ''): boolean {
  const weights = new Map(
    encodings.split(',').map((encoding) => {
      const [name = '', ...parameters] = encoding.split(';').map((part) => part.trim().toLowerCase());
      return [name, parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter))] as const;
    }),
  );
  const isRefused = weights.get('gzip') ?? weights.get('*');
  return isRefused === false;
}
