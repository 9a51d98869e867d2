import { readState, signState } from '../monitoring/acts/signed-state.js';
import type { ActSigner } from '../monitoring/acts/store-act.js';
import type { CheckpointTrust } from '../monitoring/log/notes/checkpoint.js';
import type { WatchRow } from '../monitoring/store/ledger-state.js';

/** Where the rules are, as the ledger's key signs it. */
export interface WatchPlace {
  /** The next place to look at. */
  readonly place: number;
  /** When rules ran last, in milliseconds since 1970, by the server's clock. */
  readonly lookedAtMs: number;
  /** The key of the groups' digests, base64. */
  readonly salt: string;
}

/** The note to keep. */
export function signPlace(signer: ActSigner, place: WatchPlace): string {
  return signState(signer, 'watch-place', { ...place });
}

/** What the ledger's key signed of a row; `undefined` for a row that says anything else. */
export function placeOf({ note, place, lookedAtMs }: WatchRow, trust: CheckpointTrust): WatchPlace | undefined {
  const signed = readState(note, 'watch-place', trust) as WatchPlace | undefined; // signed, so it is what signPlace wrote
  return signed?.place === place && signed.lookedAtMs === lookedAtMs ? signed : undefined;
}
