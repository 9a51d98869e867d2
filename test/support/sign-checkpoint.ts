import { formatCheckpoint, type Checkpoint } from '../../src/monitoring/proof/log/notes/checkpoint.js';
import type { NoteSigner } from '../../src/monitoring/proof/log/notes/note-signer.js';
import { signNote } from '../../src/monitoring/proof/log/notes/signed-note.js';

/** Signs any checkpoint as a note, also one that contradicts an earlier one. */
export function signCheckpoint(checkpoint: Checkpoint, signers: readonly NoteSigner[]): string {
  return signNote(formatCheckpoint(checkpoint), signers);
}
