import type { CheckpointTrust } from '../monitoring/log/notes/checkpoint.js';
import { verifyNote } from '../monitoring/log/notes/signed-note.js';
import { formatStatement } from '../monitoring/log/notes/statement.js';
import type { GapRecord } from './stream-destination.js';

/** The statement of a gap record, with its stream. */
export interface StatedGap extends Omit<GapRecord, 'note'> {
  readonly stream: string;
}

/**
 * Signs the gap record of a parked event: the note has its type, the log's origin, and the canonical JSON of the rest.
 *
 * @param signText signs a text with the ledger's key
 */
export function signGap(origin: string, stated: StatedGap, signText: (text: string) => string): GapRecord {
  const { index, id, leafHash, reason, parkedAt } = stated;
  return { index, id, leafHash, reason, parkedAt, note: signText(textOf(origin, stated)) };
}

/**
 * Whether a key of the log signed this gap record, unchanged, for this stream.
 *
 * @throws InvalidNoteError (`AUDIT_NOTE_INVALID`), UnverifiedNoteError (`AUDIT_NOTE_UNVERIFIED`)
 */
export function isGapSigned(stream: string, { note, ...gap }: GapRecord, { origin, keys }: CheckpointTrust): boolean {
  return verifyNote(note, keys).text === textOf(origin, { ...gap, stream });
}

function textOf(origin: string, { stream, index, id, leafHash, reason, parkedAt }: StatedGap): string {
  return formatStatement('gap', origin, { stream, index, id, leafHash, reason, parkedAt });
}
