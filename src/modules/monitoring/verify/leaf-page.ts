import { HASH_BYTES } from '../log/merkle/hashes.js';
import { TILE_WIDTH } from '../log/tiles/tile-address.js';
import type { LedgerSession } from '../store/sessions/ledger-session.js';
import type { Places } from './log-reading.js';
import { IS_PLACE } from './read-heads.js';

/** A leaf: the id of its event, and its hash as the server writes bytes. */
export interface PageLeaf {
  readonly id: string;
  readonly leafHash: string;
}

const LEAVES = `
  SELECT index::bigint, event_id::uuid, leaf_hash FROM audit_leaf WHERE index >= $1 AND index < $2 AND ${IS_PLACE} ORDER BY index`;

/**
 * Reads the leaves of some places, by their positions in the page. It leaves out leaves that share a place, or differ from the tile. Rejects
 * with the client's error.
 *
 * @param tiles the tiles of level 0, by their index
 */
export async function readLeaves(
  snapshot: LedgerSession,
  { from, to }: Places,
  tiles: ReadonlyMap<number, Uint8Array>,
): Promise<readonly (PageLeaf | undefined)[]> {
  const page = new Array<PageLeaf | undefined>(to - from).fill(undefined);
  let before: number | undefined;
  await snapshot.eachText(LEAVES, [from, to], 'verify_leaves', ([place, id, leafHash]) => {
    const index = Number(place);
    const isKnown = index !== before && id && leafHash && leafHash === hashInTile(index, tiles);
    page[index - from] = isKnown ? { id, leafHash } : undefined;
    before = index;
  });
  return page;
}

function hashInTile(index: number, tiles: ReadonlyMap<number, Uint8Array>): string {
  const at = (index % TILE_WIDTH) * HASH_BYTES;
  const tile = tiles.get(Math.floor(index / TILE_WIDTH))?.subarray(at, at + HASH_BYTES);
  return `\\x${tile?.length === HASH_BYTES ? Buffer.from(tile).toString('hex') : ''}`;
}
