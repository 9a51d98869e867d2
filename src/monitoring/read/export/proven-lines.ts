import type { LedgerAccess } from '../access/ledger-access.js';
import { encodeBase64 } from '../../proof/log/notes/encoding.js';
import { proveInclusion } from '../../proof/log/tiles/prove-inclusion.js';
import { keepTiles, type TileReader } from '../../proof/log/tiles/tile-reader.js';
import { personalProofOf, type LedgerEvent } from '../query/ledger-event.js';
import type { PersonalProof } from '../../proof/sealing/leaf-of-shown.js';
import type { LedgerRow } from '../../store/ledger-row.js';

/** The member `proof` of an exported event. The proof shows that the event is at its index in the tree of the export's checkpoint. */
export interface LineProof extends PersonalProof {
  /** The hashes in base64, from the leaf's sibling up to the root's child. */
  readonly hashes: readonly string[];
}

/**
 * Returns a function that writes an event with its {@link LineProof} as a line of JSON.
 *
 * @param size the size of the tree
 */
export function provenLines(
  eventOf: (row: LedgerRow) => LedgerEvent,
  access: LedgerAccess,
  size: number,
  readTile: TileReader,
): (row: LedgerRow) => Promise<string> {
  const kept = keepTiles(readTile);
  return async (row) => {
    const hashes = await proveInclusion(Number(row.index), size, kept);
    const proof: LineProof = { ...personalProofOf(row, access), hashes: hashes.map(encodeBase64) };
    return `${JSON.stringify({ ...eventOf(row), proof })}\n`;
  };
}
