import { HASH_BYTES } from '../log/merkle/hashes.js';
import { TILE_WIDTH } from '../log/tiles/tile-address.js';
import type { LedgerSession } from '../store/sessions/ledger-session.js';
import { CopiedFields, int32At } from '../store/stored-rows/copied-fields.js';
import { ID_BYTES } from '../store/stored-rows/id-keys.js';
import { IS_PLACE } from './read-heads.js';

const [INDEX, EVENT_ID, LEAF_HASH] = [0, 1, 2];

const NO_TILE = new Uint8Array();

/** The leaves of some places that match their tiles: the id of each one's event, as bytes in a text, by its position in the page. */
export type LeafPage = readonly (string | undefined)[];

/**
 * Reads the leaves of some places. It leaves out leaves that share a place, or differ from the tile. Rejects with the client's error.
 *
 * @param tiles the tiles of level 0, by their index
 */
export async function readLeaves(
  snapshot: LedgerSession,
  { from, to }: { readonly from: number; readonly to: number },
  tiles: ReadonlyMap<number, Uint8Array>,
): Promise<LeafPage> {
  const page = new Array<string | undefined>(to - from).fill(undefined);
  const row = new CopiedFields(3);
  let before: number | undefined;
  const select = `
    SELECT index::bigint, event_id::uuid, leaf_hash FROM audit_leaf
     WHERE index >= ${from} AND index < ${to} AND ${IS_PLACE} ORDER BY index`;
  await row.copyRows(snapshot, select, () => {
    const at = row.startOf(INDEX);
    const index = int32At(row.bytes, at) * 2 ** 32 + (int32At(row.bytes, at + 4) >>> 0);
    const isKnown = index !== before && row.lengthOf(EVENT_ID) === ID_BYTES && isOfTile(row, index, tiles);
    page[index - from] = isKnown ? row.keyOf(EVENT_ID) : undefined;
    before = index;
  });
  return page;
}

function isOfTile(row: CopiedFields, index: number, tiles: ReadonlyMap<number, Uint8Array>): boolean {
  const tile = tiles.get(Math.floor(index / TILE_WIDTH)) ?? NO_TILE;
  const at = (index % TILE_WIDTH) * HASH_BYTES;
  if (row.lengthOf(LEAF_HASH) !== HASH_BYTES || tile.length < at + HASH_BYTES) return false;
  const start = row.startOf(LEAF_HASH);
  for (let nth = 0; nth < HASH_BYTES; nth++) if (row.bytes[start + nth] !== tile[at + nth]) return false;
  return true;
}
