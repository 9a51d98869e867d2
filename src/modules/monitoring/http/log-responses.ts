import type { Readable } from 'node:stream';
import { StreamableFile, type ExecutionContext } from '@nestjs/common';
import { parseTilePath, type TileResource } from '../log/tiles/tile-path.js';

/** The members of a response, of Express and of Fastify, that the routes of the log use. */
export interface LogResponse {
  header(name: string, value: string): unknown;
}

/** The members of a response that routes with a stream use: Express's response, or Fastify's around Node's. */
export interface StreamedResponse extends LogResponse {
  readonly raw?: NodeResponse;
}

interface NodeResponse {
  once(event: 'close', listener: () => void): unknown;
  destroy(): unknown;
  readonly destroyed: boolean;
  shouldKeepAlive: boolean;
}

/** Node's response; Express's response is one itself. */
export function nodeResponse(response: StreamedResponse): NodeResponse {
  return response.raw ?? (response as unknown as NodeResponse);
}

/** The members of a request that they use. */
export interface LogRequest {
  readonly url: string;
  /** Only in Express, where a router in front removed a part of the URL. */
  readonly originalUrl?: string;
}

export const TEXT = 'text/plain; charset=utf-8';

/** The caching header for answers that may change: each use is revalidated. */
export const MUTABLE = 'no-cache';

/** Forbids caches to store the answer, including refusals. A route whose answer may be stored overwrites the header. */
export function forbidStoring(context: ExecutionContext): void {
  context.switchToHttp().getResponse<LogResponse>().header('Cache-Control', 'no-store');
}

/**
 * The paths below `prefix` for tiles whose index has more than three digits, or that are partial: one for each number of path elements,
 * since no wildcard works in every web framework. Enough for 10^12 tiles.
 */
export function longTilePaths(prefix: string): string[] {
  return ['/:b', '/:b/:c', '/:b/:c/:d', '/:b/:c/:d/:w'].map((more) => `${prefix}/:a${more}`);
}

/** Where this module's routes begin; the application may add prefixes in front. */
const ROUTES = '/audit/';

/** The tile or bundle that a request is for. @throws InvalidTilePathError (`AUDIT_TILE_PATH_INVALID`) for a path that names none */
export function tileOfRequest({ url, originalUrl = url }: LogRequest): TileResource {
  const [path = ''] = originalUrl.split('?', 1);
  return parseTilePath(path.slice(path.indexOf(`${ROUTES}tile/`) + ROUTES.length));
}

/** Sends bytes as the response's body, unchanged. */
export function bytesResponse(bytes: Uint8Array, type = 'application/octet-stream'): StreamableFile {
  return new StreamableFile(bytes, { type, length: bytes.length });
}

/** Sends a text as a file of this name. */
export function textResponse(text: string, name: string): StreamableFile {
  const bytes = Buffer.from(text);
  const disposition = `attachment; filename="${name.toLowerCase()}"`;
  return new StreamableFile(bytes, { type: TEXT, disposition, length: bytes.length });
}

/** Sends a stream. A client must not take a part for the whole, so an error breaks the connection. */
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
      return [name, parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter))] as const; // q=0 refuses it
    }),
  );
  const isRefused = weights.get('gzip') ?? weights.get('*');
  return isRefused === false;
}
