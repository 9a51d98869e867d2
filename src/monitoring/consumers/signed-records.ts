import { undefinedIfRejected } from '../errors/undefined-if-rejected.js';
import type { CheckpointTrust } from '../proof/log/notes/checkpoint.js';
import { verifyNote } from '../proof/log/notes/signed-note.js';
import { formatStatement, type StatementSigner } from '../proof/log/notes/statement.js';

/** What stands for events that a consumer did not get: a gap for a parked event, or a range of retired events. */
type RecordKind = 'gap' | 'retired';

/** Signs records that a consumer gets instead of events, one by one. Equal records give equal bytes. */
export async function signRecords<Stated extends object>(
  kind: RecordKind,
  consumer: string,
  records: readonly Stated[],
  { signText, trust }: StatementSigner,
): Promise<readonly (Stated & { readonly note: string })[]> {
  const signed: (Stated & { readonly note: string })[] = [];
  for (const stated of records) {
    const text = formatStatement(kind, trust.origin, { ...stated, stream: consumer });
    signed.push({ ...stated, note: await signText(text) });
  }
  return signed;
}

/** Returns whether a key of the log signed this record for this consumer, and nobody changed the record. */
export function isRecordSigned(
  kind: RecordKind,
  consumer: string,
  record: object,
  { origin, keys }: CheckpointTrust,
): boolean {
  const { note, ...stated } = record as { readonly note?: unknown };
  const text = undefinedIfRejected(() => formatStatement(kind, origin, { ...stated, stream: consumer }));
  return text !== undefined && text === undefinedIfRejected(() => verifyNote(String(note), keys).text);
}
