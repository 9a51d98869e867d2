import type { Readable } from 'node:stream';
import { StreamableFile, type ExecutionContext } from '@nestjs/common';
import { parseTilePath, type TileResource } from '../log/tiles/tile-path.js';

/** The members of Express's and Fastify's responses that the routes use. */
export interface LogResponse {
  header(name: string, value: string): unknown;
}

/** The members that routes with a stream use. Fastify's response wraps Node's as `raw`. */
export interface StreamedResponse extends LogResponse {
  readonly raw?: NodeResponse;
}

interface NodeResponse {
  once(event: 'close', listener: () => void): unknown;
  destroy(): unknown;
  readonly destroyed: boolean;
  shouldKeepAlive: boolean;
}

/** Returns Node's response. Express's response extends Node's. */
export function nodeResponse(response: StreamedResponse): NodeResponse {
  return response.raw ?? (response as unknown as NodeResponse);
}

/** The members of a request that the routes use. */
export interface LogRequest {
  readonly url: string;
  /** Only in Express, whose routers remove a part of `url`. */
  readonly originalUrl?: string;
}

export const TEXT = 'text/plain; charset=utf-8';

/** The value of Cache-Control for answers that may change: caches must revalidate them. */
export const MUTABLE = 'no-cache';

/** Forbids caches to store the answer, including refusals. Routes with cacheable answers replace this header. */
export function forbidStoring(context: ExecutionContext): void {
  context.switchToHttp().getResponse<LogResponse>().header('Cache-Control', 'no-store');
}

/**
 * Returns the paths below `prefix` for partial tiles, and for tiles whose index has more than three digits. There is one path for each
 * number of path elements, because no wildcard works in every web framework. They suffice for 10^12 tiles.
 */
export function longTilePaths(prefix: string): string[] {
  return ['/:b', '/:b/:c', '/:b/:c/:d', '/:b/:c/:d/:w'].map((more) => `${prefix}/:a${more}`);
}

/** The beginning of the module's routes. The application may add prefixes. */
const ROUTES = '/audit/';

/** Returns the tile or bundle that a request names. @throws InvalidTilePathError (`AUDIT_TILE_PATH_INVALID`) for another path */
export function tileOfRequest({ url, originalUrl = url }: LogRequest): TileResource {
  const [path = ''] = originalUrl.split('?', 1);
  return parseTilePath(path.slice(path.indexOf(`${ROUTES}tile/`) + ROUTES.length));
}

export function bytesResponse(bytes: Uint8Array, type = 'application/octet-stream'): StreamableFile {
  return new StreamableFile(bytes, { type, length: bytes.length });
}

/** Sends a text as a file of this name. */
export function textResponse(text: string, name: string): StreamableFile {
  const bytes = Buffer.from(text);
  const disposition = `attachment; filename="${name.toLowerCase()}"`;
  return new StreamableFile(bytes, { type: TEXT, disposition, length: bytes.length });
}

/** Sends a stream. An error breaks the connection, so that the client notices the incomplete answer. */
export function streamResponse(
  stream: Readable,
  response: StreamedResponse,
  options: { readonly type: string; readonly disposition?: string },
): StreamableFile {
  return new StreamableFile(stream, options).setErrorHandler(() => void nodeResponse(response).destroy());
}

/** Whether a client accepts gzip, or any encoding, without refusing it by q=0. */
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
