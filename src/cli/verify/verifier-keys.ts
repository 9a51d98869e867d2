import { existsSync } from 'node:fs';
import { readInput } from '../read-input.js';
import { proofErrors } from '../../monitoring/proof/log/proof.errors.js';

const SIGNING_KEY = 'PRIVATE+KEY+';
const LITERAL = /^[^+\n]+\+[0-9a-f]{8}\+[A-Za-z0-9+/=]+$/;

/**
 * Reads the verifier keys of a call. Each value is a key, or the name of a file with one key per line. Empty lines and lines that begin
 * with `#` are ignored. If a file is unreadable, rejects with the system's error.
 *
 * @throws `AUDIT_NOTE_KEY_INVALID` for a file without a key, and for a signing key, which the message does not show
 */
export async function readVerifierKeys(input: readonly string[]): Promise<readonly string[]> {
  const lists = await Promise.all(
    input.map(async (each) => {
      if (each.trim().startsWith(SIGNING_KEY))
        throw proofErrors.AUDIT_NOTE_KEY_INVALID('it is a signing key, which is a secret');
      if (LITERAL.test(each) && !existsSync(each)) return [each];
      const lines = (await readInput(each)).split('\n').map((line) => line.trim());
      const keys = lines.filter((line) => line !== '' && !line.startsWith('#'));
      if (keys.length === 0) throw proofErrors.AUDIT_NOTE_KEY_INVALID(`the file ${each} contains no key`);
      return keys;
    }),
  );
  return lists.flat();
}
