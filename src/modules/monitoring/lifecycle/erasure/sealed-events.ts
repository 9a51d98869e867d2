import { isSameHash } from '../../log/merkle/hashes.js';
import { verifyInclusion } from '../../log/merkle/inclusion-proof.js';
import { verifyCheckpoint, type CheckpointTrust } from '../../log/notes/checkpoint.js';
import { InclusionProver } from '../../log/tiles/inclusion-prover.js';
import type { TileReader } from '../../log/tiles/tile-reader.js';
import { LEDGER_COLUMNS } from '../../store/ledger-row.js';
import { checkRow, whyRefused } from '../../store/stored-rows/check-row.js';
import type { StoredCheckpoint } from '../../store/log-reading/log-reader.service.js';
import type { EventRows } from './archived-events.js';
import { ActsContradictedError } from '../acts-contradicted.error.js';

/** What the events are read from. */
export interface SealedSource {
  /** As of what is committed. */
  readonly eventRows: EventRows;
  readonly newestCheckpoint: () => Promise<StoredCheckpoint | undefined>;
  readonly readTile: TileReader;
  readonly trust: CheckpointTrust;
}

/** Events by what is known of them. */
export interface SealedEvents {
  /** What was sealed: their rows are, byte for byte, what the log proves. */
  readonly proven: ReadonlySet<string>;
  /** Whether others wait for their places in the log. */
  readonly isAnyWaiting: boolean;
  /** How many never get a place, since the ledger's writer did not write them. */
  readonly refused: number;
}

const EVENTS = `
  SELECT ${LEDGER_COLUMNS}, leaf_hash, leaf.index AS place
    FROM audit_event LEFT JOIN LATERAL (SELECT index FROM audit_leaf WHERE event_id = id ORDER BY index LIMIT 1) leaf ON true
   WHERE id = ANY ($1::uuid[])`;

/**
 * Holds rows of events against the signed tree, before anything is done by what they say: who can write them could name another
 * person for a moment. Rejects with the client's error.
 *
 * @throws ActsContradictedError (`AUDIT_ACTS_CONTRADICTED`) when one is not what was sealed
 */
export async function proveSealed(source: SealedSource, ids: readonly string[]): Promise<SealedEvents> {
  const none = { proven: new Set<string>(), isAnyWaiting: false, refused: 0 };
  if (ids.length === 0) return none;
  const newest = await source.newestCheckpoint();
  const head = newest && verifyCheckpoint(newest.note, source.trust).checkpoint;
  const prover = new InclusionProver(head?.size ?? 0, source.readTile);
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
      await prover.prepare(index);
      const proof = { index, size: head.size, leafHash: checked.row ?? new Uint8Array(), hashes: prover.prove(index) };
      if (why !== undefined || !isSameHash(checked.own, proof.leafHash) || !verifyInclusion(proof, head.rootHash))
        throw ActsContradictedError.create(`the event ${id} is not what was sealed at its place`);
      proven.add(id);
    }
  }
  return { proven, isAnyWaiting, refused };
}
