import { createHash } from 'node:crypto';
import type { CheckpointTrust } from '../../../monitoring/proof/log/notes/checkpoint.js';
import { verifyNote } from '../../../monitoring/proof/log/notes/signed-note.js';
import { proofErrors } from '../../../monitoring/proof/log/proof.errors.js';

const FIRST_LINE = 'nestjs-audit-ledger/report-bundle@v1';
/** The name of the file that lists the other files of a bundle. */
export const BUNDLE_MANIFEST = 'bundle.manifest';

export type BundleFiles = ReadonlyMap<string, Buffer>;

/** Returns the text of the manifest. Each file has one line in the format of `sha256sum`. */
export function bundleText(origin: string, files: BundleFiles): string {
  const lines = [...files].map(([name, content]) => `${hashOf(content)}  ${name}\n`);
  return `${FIRST_LINE}\n${origin}\n${lines.join('')}`;
}

/**
 * Compares a bundle with its signed manifest. Returns the differences, each in a sentence.
 *
 * @param read returns the content of a file in the bundle. If it rejects, the file is missing
 * @throws `AUDIT_STATEMENT_INVALID` if the note is not a manifest; `AUDIT_NOTE_INVALID`, `AUDIT_NOTE_FORGED` and `AUDIT_NOTE_UNVERIFIED`
 */
export async function verifyBundle(
  note: string,
  { keys, origin }: CheckpointTrust,
  read: (name: string) => AsyncIterable<Uint8Array>,
): Promise<readonly string[]> {
  const { text } = verifyNote(note, keys);
  const [first, of, ...lines] = text.split('\n');
  if (first !== FIRST_LINE) throw proofErrors.AUDIT_STATEMENT_INVALID.otherKind(FIRST_LINE);
  if (of !== origin) throw proofErrors.AUDIT_STATEMENT_INVALID.otherLedger(origin, of ?? '');
  const findings: string[] = [];
  for (const line of lines.filter((each) => each !== '')) {
    const [hash, name = ''] = line.split('  ');
    const digest = createHash('sha256');
    try {
      for await (const chunk of read(name)) digest.update(chunk);
      if (digest.digest('hex') !== hash) findings.push(`${name} has another SHA-256`);
    } catch {
      findings.push(`${name} is missing`);
    }
  }
  return findings;
}

function hashOf(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
