import type { TreeHead } from '../merkle/verify-consistency.js';
import { HASH_BYTES } from '../merkle/hashes.js';
import { isSize } from '../merkle/tree-shape.js';
import { decodeBase64, encodeBase64, parseDecimal } from './encoding.js';
import type { NoteVerifier } from './note-signer.js';
import { verifyNote, type NoteSignature } from './signed-note.js';
import { proofErrors } from '../proof.errors.js';

/** A log's statement about its size and its root hash (tlog-checkpoint). */
export interface Checkpoint extends TreeHead {
  readonly origin: string;
  /** Extension lines. A line is not empty and contains no newline. */
  readonly extensions?: readonly string[];
}

/** A tree head with its checkpoint, which the ledger's key signed. */
export interface SignedCheckpoint extends TreeHead {
  readonly note: string;
}

interface VerifiedCheckpoint {
  readonly checkpoint: Checkpoint;
  /** The text of the note, which cosignatures cover. */
  readonly text: string;
  /** The valid signatures of trusted keys, one for each key. */
  readonly verified: readonly NoteSignature[];
}

export interface CheckpointTrust {
  readonly origin: string;
  /** The log's keys, including its former keys. */
  readonly keys: readonly NoteVerifier[];
}

/** @throws `AUDIT_PROOF_INVALID` if the text would not parse to the same checkpoint */
export function formatCheckpoint({ origin, size, rootHash, extensions = [] }: Checkpoint): string {
  const text = [origin, String(size), encodeBase64(rootHash), ...extensions].map((line) => `${line}\n`).join('');
  const again = parseCheckpoint(text);
  // A newline in a field would add a line, and change the meaning of the lines after it.
  if (again.origin !== origin || (again.extensions ?? []).length !== extensions.length) {
    throw proofErrors.AUDIT_PROOF_INVALID.checkpoint('its origin or an extension has a newline');
  }
  return text;
}

/** Parses the text of a note as a checkpoint. @throws `AUDIT_PROOF_INVALID` */
export function parseCheckpoint(text: string): Checkpoint {
  if (!text.endsWith('\n')) throw proofErrors.AUDIT_PROOF_INVALID.checkpoint('it does not end in a newline');
  const lines = text.slice(0, -1).split('\n');
  const [origin, sizeText = '', rootText = '', ...extensions] = lines;
  if (origin === undefined || lines.length < 3)
    throw proofErrors.AUDIT_PROOF_INVALID.checkpoint('it has fewer than three lines');
  if (lines.includes('')) throw proofErrors.AUDIT_PROOF_INVALID.checkpoint('it has an empty line');
  const size = parseDecimal(sizeText);
  if (size === undefined || !isSize(size))
    throw proofErrors.AUDIT_PROOF_INVALID.checkpoint('its second line is not a size');
  const rootHash = decodeBase64(rootText);
  if (rootHash?.length !== HASH_BYTES) throw proofErrors.AUDIT_PROOF_INVALID.checkpoint('its third line is not a hash');
  return { origin, size, rootHash, ...(extensions.length > 0 ? { extensions } : {}) };
}

/**
 * Reads the checkpoint of a note, and verifies that a key of the log signed the note.
 *
 * @throws `AUDIT_NOTE_FOREIGN`, `AUDIT_PROOF_INVALID`, and the errors of
 *   {@link verifyNote}
 */
export function verifyCheckpoint(note: string | Uint8Array, { origin, keys }: CheckpointTrust): VerifiedCheckpoint {
  const { text, verified } = verifyNote(note, keys);
  const checkpoint = parseCheckpoint(text);
  if (checkpoint.origin !== origin) throw proofErrors.AUDIT_NOTE_FOREIGN.checkpoint(origin, checkpoint.origin);
  return { checkpoint, text, verified };
}
