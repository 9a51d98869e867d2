import type { CheckpointTrust } from '../monitoring/log/notes/checkpoint.js';
import { verifyNote } from '../monitoring/log/notes/signed-note.js';
import { formatStatement } from '../monitoring/log/notes/statement.js';
import type { RetiredRecord } from './stream-destination.js';

/** The statement of a record of retired places, with its stream. */
export interface StatedRetired extends Omit<RetiredRecord, 'note'> {
  readonly stream: string;
}

/**
 * Signs the record of places whose events were retired before the stream read them. Equal places give equal bytes.
 *
 * @param signText signs a text with the ledger's key
 */
export function signRetired(origin: string, stated: StatedRetired, signText: (text: string) => string): RetiredRecord {
  const { first, last, retirement, event } = stated;
  return { first, last, retirement, event, note: signText(textOf(origin, stated)) };
}

/**
 * Whether a key of the log signed this record, unchanged, for this stream.
 *
 * @throws InvalidNoteError (`AUDIT_NOTE_INVALID`), UnverifiedNoteError (`AUDIT_NOTE_UNVERIFIED`)
 */
export function isRetiredSigned(
  stream: string,
  { note, ...record }: RetiredRecord,
  { origin, keys }: CheckpointTrust,
): boolean {
  return verifyNote(note, keys).text === textOf(origin, { ...record, stream });
}

function textOf(origin: string, { stream, first, last, retirement, event }: StatedRetired): string {
  return formatStatement('retired', origin, { stream, first, last, retirement, event });
}
