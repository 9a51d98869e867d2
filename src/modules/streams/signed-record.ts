import { unlessRefused } from '../monitoring/errors/unless-refused.js';
import type { CheckpointTrust } from '../monitoring/log/notes/checkpoint.js';
import { verifyNote } from '../monitoring/log/notes/signed-note.js';
import { formatStatement, type StatementSigner } from '../monitoring/log/notes/statement.js';
import type { GapRecord, RetiredRecord } from './stream-destination.js';

interface Records {
  readonly gap: GapRecord;
  readonly retired: RetiredRecord;
}

/** Signs a record that a stream sends instead of events. Equal records give equal bytes. */
export function signRecord<Kind extends keyof Records>(
  kind: Kind,
  stream: string,
  stated: Omit<Records[Kind], 'note'>,
  { signText, trust }: StatementSigner,
): Omit<Records[Kind], 'note'> & { readonly note: string } {
  return { ...stated, note: signText(formatStatement(kind, trust.origin, { ...stated, stream })) };
}

/** Returns whether a key of the log signed this record for this stream, and nobody changed the record. */
export function isRecordSigned<Kind extends keyof Records>(
  kind: Kind,
  stream: string,
  { note, ...stated }: Records[Kind],
  { origin, keys }: CheckpointTrust,
): boolean {
  const text = unlessRefused(() => formatStatement(kind, origin, { ...stated, stream }));
  return text !== undefined && text === unlessRefused(() => verifyNote(note, keys).text);
}
