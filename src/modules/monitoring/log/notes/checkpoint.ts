import type { TreeHead } from '../merkle/consistency.js';
import { HASH_BYTES } from '../merkle/hashes.js';
import { isSize } from '../merkle/tree-shape.js';
import { decodeBase64, encodeBase64, parseDecimal } from './encoding.js';
import { ForeignCheckpointError, InvalidCheckpointError } from './note.error.js';
import type { NoteSigner, NoteVerifier } from './note-signer.js';
import { signNote, verifyNote, type NoteSignature } from './signed-note.js';

/** A log's statement of its size and its root (tlog-checkpoint). */
export interface Checkpoint extends TreeHead {
  /** Which log. */
  readonly origin: string;
  /** Further lines, without newlines; not empty each. */
  readonly extensions?: readonly string[];
}

/** A checkpoint that a known key has signed. */
export interface VerifiedCheckpoint {
  readonly checkpoint: Checkpoint;
  /** The text of its note, which cosignatures are over. */
  readonly text: string;
  /** Those of known keys, all of them right, one a key. */
  readonly verified: readonly NoteSignature[];
}

/** Which checkpoints are accepted. */
export interface CheckpointTrust {
  readonly origin: string;
  /** The log's keys, those of earlier years too. */
  readonly keys: readonly NoteVerifier[];
}

/** A checkpoint as the text of a note. @throws InvalidCheckpointError (`AUDIT_CHECKPOINT_INVALID`) for what has no such text */
export function formatCheckpoint({ origin, size, rootHash, extensions = [] }: Checkpoint): string {
  const text = [origin, String(size), encodeBase64(rootHash), ...extensions].map((line) => `${line}\n`).join('');
  const again = parseCheckpoint(text);
  // What has a newline of its own comes back as something else.
  if (again.origin !== origin || (again.extensions ?? []).length !== extensions.length) {
    throw new InvalidCheckpointError('its origin or an extension has a newline');
  }
  return text;
}

/** The checkpoint of a note's text. @throws InvalidCheckpointError (`AUDIT_CHECKPOINT_INVALID`) */
export function parseCheckpoint(text: string): Checkpoint {
  if (!text.endsWith('\n')) throw new InvalidCheckpointError('it does not end in a newline');
  const lines = text.slice(0, -1).split('\n');
  const [origin, sizeText = '', rootText = '', ...extensions] = lines;
  if (origin === undefined || lines.length < 3) throw new InvalidCheckpointError('it has fewer than three lines');
  if (lines.includes('')) throw new InvalidCheckpointError('it has an empty line');
  const size = parseDecimal(sizeText);
  if (size === undefined || !isSize(size)) throw new InvalidCheckpointError('its second line is not a size');
  const rootHash = decodeBase64(rootText);
  if (rootHash?.length !== HASH_BYTES) throw new InvalidCheckpointError('its third line is not a hash');
  return { origin, size, rootHash, ...(extensions.length > 0 ? { extensions } : {}) };
}

/**
 * The signed note of a checkpoint. That it is consistent with every one signed before is for the caller to see to.
 *
 * @throws InvalidCheckpointError (`AUDIT_CHECKPOINT_INVALID`), InvalidNoteError (`AUDIT_NOTE_INVALID`)
 */
export function signCheckpoint(checkpoint: Checkpoint, signers: readonly NoteSigner[]): string {
  return signNote(formatCheckpoint(checkpoint), signers);
}

/**
 * The checkpoint of a note, once a key of its log is seen to have signed it.
 *
 * @throws ForeignCheckpointError (`AUDIT_CHECKPOINT_FOREIGN`), InvalidCheckpointError (`AUDIT_CHECKPOINT_INVALID`), and what
 *   {@link verifyNote} throws
 */
export function verifyCheckpoint(note: string | Uint8Array, { origin, keys }: CheckpointTrust): VerifiedCheckpoint {
  const { text, verified } = verifyNote(note, keys);
  const checkpoint = parseCheckpoint(text);
  if (checkpoint.origin !== origin) throw new ForeignCheckpointError(origin, checkpoint.origin);
  return { checkpoint, text, verified };
}
