import { decodeHashes, encodeBase64, parseDecimal } from './encoding.js';
import { InvalidWitnessMessageError, TooFewWitnessesError } from './note.error.js';
import type { NoteVerifier } from './note-signer.js';
import { keyLabel, parseNote, verifiedSignatures, type NoteSignature } from './signed-note.js';

/** How many of which witnesses have to have cosigned a checkpoint. */
export interface WitnessPolicy {
  /** Keys of cosignatures. Those of one name are one witness. */
  readonly witnesses: readonly NoteVerifier[];
  readonly required: number;
}

/**
 * The cosignatures of a note by known witnesses, one a key; whether they suffice is not looked at.
 *
 * @throws InvalidNoteError (`AUDIT_NOTE_INVALID`); ForgedNoteError (`AUDIT_NOTE_FORGED`) when one of a known witness is wrong
 */
export function cosignaturesOf(
  note: string | Uint8Array,
  witnesses: readonly NoteVerifier[],
): readonly NoteSignature[] {
  const { text, signatures } = parseNote(note);
  return verifiedSignatures(
    text,
    signatures,
    witnesses.filter(({ type }) => type === 'cosignature'),
  );
}

/**
 * The cosignatures of a note by known witnesses, when they suffice.
 *
 * @throws TooFewWitnessesError (`AUDIT_WITNESSES_TOO_FEW`), and what {@link cosignaturesOf} throws
 */
export function verifyWitnesses(note: string | Uint8Array, policy: WitnessPolicy): readonly NoteSignature[] {
  const cosignatures = cosignaturesOf(note, policy.witnesses);
  if (new Set(cosignatures.map(({ name }) => name)).size < policy.required) {
    throw new TooFewWitnessesError(policy.required, cosignatures.map(keyLabel));
  }
  return cosignatures;
}

/** What a log sends to a witness (tlog-witness, `add-checkpoint`). */
export interface AddCheckpoint {
  /** The size of the last checkpoint that the witness has cosigned. */
  readonly oldSize: number;
  /** From that size to the checkpoint's; none from size 0. */
  readonly consistency: readonly Uint8Array[];
  /** The signed note. */
  readonly checkpoint: string;
}

/** The body of a request. */
export function formatAddCheckpoint({ oldSize, consistency, checkpoint }: AddCheckpoint): string {
  return `old ${oldSize}\n${consistency.map((hash) => `${encodeBase64(hash)}\n`).join('')}\n${checkpoint}`;
}

/** A request from its body. @throws InvalidWitnessMessageError (`AUDIT_WITNESS_MESSAGE_INVALID`) */
export function parseAddCheckpoint(body: string): AddCheckpoint {
  const end = body.indexOf('\n\n');
  const [first = '', ...lines] = body.slice(0, Math.max(end, 0)).split('\n');
  const oldSize = first.startsWith('old ') ? parseDecimal(first.slice('old '.length)) : undefined;
  if (oldSize === undefined) throw new InvalidWitnessMessageError('its first line is not old <size>');
  const consistency = decodeHashes(lines);
  if (!consistency)
    throw new InvalidWitnessMessageError('a line of its proof is not a hash, or there are more than 63');
  return { oldSize, consistency, checkpoint: body.slice(end + 2) };
}

/**
 * The size of the last checkpoint that a witness has cosigned, from its answer 409.
 *
 * @throws InvalidWitnessMessageError (`AUDIT_WITNESS_MESSAGE_INVALID`)
 */
export function parseWitnessConflict(body: string): number {
  const size = body.endsWith('\n') ? parseDecimal(body.slice(0, -1)) : undefined;
  if (size === undefined) throw new InvalidWitnessMessageError('its answer 409 is not a size');
  return size;
}
