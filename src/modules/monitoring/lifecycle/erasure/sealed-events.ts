import { isSameHash } from '../../log/merkle/hashes.js';
import { verifyInclusion } from '../../log/merkle/inclusion-proof.js';
import { verifyCheckpoint, type CheckpointTrust } from '../../log/notes/checkpoint.js';
import { proveInclusion } from '../../log/tiles/prove.js';
import { keepTiles, type TileReader } from '../../log/tiles/tile-reader.js';
import { LEDGER_COLUMNS } from '../../store/ledger-row.js';
import { checkRow, whyRefused } from '../../store/stored-rows/check-row.js';
import type { StoredCheckpoint } from '../../store/log-reading/log-reader.service.js';
import type { EventRows } from './archived-events.js';
import { ActsContradictedError } from '../acts-contradicted.error.js';

export interface SealedSource {
  /** Reads committed rows. */
  readonly eventRows: EventRows;
  readonly newestCheckpoint: () => Promise<StoredCheckpoint | undefined>;
  readonly readTile: TileReader;
  readonly trust: CheckpointTrust;
}

/** Events, by what is known about them. */
export interface SealedEvents {
  /** The ids of sealed events: their rows are, byte for byte, what the log proves. */
  readonly proven: ReadonlySet<string>;
  /** Whether other events wait for their places in the log. */
  readonly isAnyWaiting: boolean;
  /** How many events never get a place, since the ledger's writer did not write them. */
  readonly refused: number;
}

const EVENTS = `
  SELECT ${LEDGER_COLUMNS}, leaf_hash, leaf.index AS place
    FROM audit_event LEFT JOIN LATERAL (SELECT index FROM audit_leaf WHERE event_id = id ORDER BY index LIMIT 1) leaf ON true
   WHERE id = ANY ($1::uuid[])`;

/**
 * Compares rows of events with the signed tree, before anything is erased because of them: somebody who can write rows could let them name
 * another person for a moment. Rejects with the client's error.
 *
 * @throws ActsContradictedError (`AUDIT_ACTS_CONTRADICTED`) when one differs from the sealed event
 */
export async function proveSealed(source: SealedSource, ids: readonly string[]): Promise<SealedEvents> {
  const none = { proven: new Set<string>(), isAnyWaiting: false, refused: 0 };
  if (ids.length === 0) return none;
  const newest = await source.newestCheckpoint();
  const head = newest && verifyCheckpoint(newest.note, source.trust).checkpoint;
  const readTile = keepTiles(source.readTile);
  const proven = new Set<string>();
  let isAnyWaiting = false;
  let refused = 0;
  for (const row of await source.eventRows(EVENTS, [ids])) {
    const id = String(row.id);
    const checked = checkRow(row);
    const why = whyRefused(checked);
    const index = row.place === null ? undefined : Number(row.place);
    if (index === undefined && why !== undefined) refused++;
    else if (index === undefined || !head || index >= head.size) isAnyWaiting = true;
    else {
      const hashes = await proveInclusion(index, head.size, readTile);
      const proof = { index, size: head.size, leafHash: checked.row ?? new Uint8Array(), hashes };
      if (why !== undefined || !isSameHash(checked.own, proof.leafHash) || !verifyInclusion(proof, head.rootHash))
        throw ActsContradictedError.create(`the event ${id} is not what was sealed at its place`);
      proven.add(id);
    }
  }
  return { proven, isAnyWaiting, refused };
}
