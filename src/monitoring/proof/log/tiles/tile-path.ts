import { TILE_WIDTH, type TileAddress } from './tile-address.js';
import { proofErrors } from '../proof.errors.js';

/** A tile of hashes, with its level; or a bundle of entries, with the index and the width of a tile of level 0. */
export interface TileResource extends Omit<TileAddress, 'level'> {
  readonly level: number | 'entries';
}

/** The specification tlog-tiles allows levels up to 63. Seven levels are enough for 2^53 leaves, so no tree has more levels. */
const PATH = /^tile\/(entries|\d|[1-5]\d|6[0-3])\/((?:x\d{3}\/)*\d{3})(?:\.p\/([1-9]\d{0,2}))?$/;

/** Returns the path of a resource below a log's prefix, such as `tile/0/x001/x234/067` or `tile/entries/000.p/112`. */
export function formatTilePath({ level, index, width }: TileResource): string {
  const digits = String(index);
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, '0').match(/\d{3}/g) ?? [];
  const name = groups.map((group, at) => (at < groups.length - 1 ? `x${group}` : group)).join('/');
  return `tile/${level}/${name}${width < TILE_WIDTH ? `.p/${width}` : ''}`;
}

/**
 * Parses the path of a resource. Each resource has exactly one path, because leading zeros only fill the groups of three digits.
 *
 * @throws `AUDIT_TILE_PATH_INVALID`
 */
export function parseTilePath(path: string): TileResource {
  const [, level, name, width] = PATH.exec(path) ?? [];
  if (level === undefined || name === undefined) throw proofErrors.AUDIT_TILE_PATH_INVALID(path);
  const resource = {
    level: level === 'entries' ? level : Number(level),
    index: Number(name.replace(/[x/]/g, '')),
    width: width === undefined ? TILE_WIDTH : Number(width),
  } as const;
  if (!Number.isSafeInteger(resource.index) || formatTilePath(resource) !== path)
    throw proofErrors.AUDIT_TILE_PATH_INVALID(path);
  return resource;
}
