import { unlessRefused } from '../../monitoring/errors/unless-refused.js';
import type { CheckpointTrust } from '../../monitoring/proof/log/notes/checkpoint.js';
import { verifyNote } from '../../monitoring/proof/log/notes/signed-note.js';
import { formatStatement, type StatementSigner } from '../../monitoring/proof/log/notes/statement.js';
import type { GapRecord, RetiredRecord } from './stream-destination.js';

interface Records {
  readonly gap: GapRecord;
  readonly retired: RetiredRecord;
}

type Unsigned<Kind extends keyof Records> = Omit<Records[Kind], 'note'>;

/** Signs records that a stream sends instead of events, one by one. Equal records give equal bytes. */
export async function signRecords<Kind extends keyof Records>(
  kind: Kind,
  stream: string,
  records: readonly Unsigned<Kind>[],
  { signText, trust }: StatementSigner,
): Promise<readonly (Unsigned<Kind> & { readonly note: string })[]> {
  const signed: (Unsigned<Kind> & { readonly note: string })[] = [];
  for (const stated of records) {
    const text = formatStatement(kind, trust.origin, { ...stated, stream });
    signed.push({ ...stated, note: await signText(text) });
  }
  return signed;
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
