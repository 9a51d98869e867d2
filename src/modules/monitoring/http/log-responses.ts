import { NotFoundException, StreamableFile, type ExecutionContext } from '@nestjs/common';
import { parseTilePath, type TileResource } from '../log/tiles/tile-path.js';
import { InvalidTilePathError } from '../log/tiles/tile.error.js';

/** What the routes of the log use of a response, of Express and of Fastify. */
export interface LogResponse {
  header(name: string, value: string): unknown;
}

/** What the routes that answer with a stream use of a response: Express's, or Fastify's around Node's. */
export interface StreamedResponse extends LogResponse {
  readonly raw?: NodeResponse;
}

interface NodeResponse {
  once(event: 'close', listener: () => void): unknown;
  destroy(): unknown;
  readonly destroyed: boolean;
  shouldKeepAlive: boolean;
}

/** Node's response, which Express's is itself. */
export function nodeResponse(response: StreamedResponse): NodeResponse {
  return response.raw ?? (response as unknown as NodeResponse);
}

/** What they use of a request. */
export interface LogRequest {
  readonly url: string;
  /** Of Express, where a router in front took a part of the URL away. */
  readonly originalUrl?: string;
}

export const TEXT = 'text/plain; charset=utf-8';
const A_YEAR_SECONDS = 31_536_000;

/** The caching of what is asked again each time. */
export const MUTABLE = 'no-cache';

/** Forbids every cache to store the answer, also a refusal. A route whose answer may be stored overwrites it. */
export function forbidStoring(context: ExecutionContext): void {
  context.switchToHttp().getResponse<LogResponse>().header('Cache-Control', 'no-store');
}

/** The caching of what never changes, by everybody or only by whom it was sent to. */
export function immutable(scope: 'public' | 'private'): string {
  return `${scope}, max-age=${A_YEAR_SECONDS}, immutable`;
}

/**
 * The paths of tiles whose index has more than three digits, or that are partial, below `prefix`: one for each number of
 * elements, since no wildcard is understood by every web framework. Enough for 10^12 tiles.
 */
export function longTilePaths(prefix: string): string[] {
  return ['/:b', '/:b/:c', '/:b/:c/:d', '/:b/:c/:d/:w'].map((more) => `${prefix}/:a${more}`);
}

/** Where this module's routes begin; in front may be prefixes of the application. */
const ROUTES = '/audit/';

/** The tile or bundle that a request is for. @throws NotFoundException for a path that none has */
export function tileOfRequest({ url, originalUrl = url }: LogRequest): TileResource {
  const [path = ''] = originalUrl.split('?', 1);
  try {
    return parseTilePath(path.slice(path.indexOf(`${ROUTES}tile/`) + ROUTES.length));
  } catch (error) {
    if (error instanceof InvalidTilePathError) throw new NotFoundException(error.message);
    throw error;
  }
}

/** Bytes as the response's body, as they are. */
export function bytesResponse(bytes: Uint8Array): StreamableFile {
  return new StreamableFile(bytes, { type: 'application/octet-stream', length: bytes.length });
}
