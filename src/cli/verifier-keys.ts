import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

const LITERAL = /^[^+\n]+\+[0-9a-f]{8}\+[A-Za-z0-9+/=]+$/;

/**
 * Verifier keys as they are given to a command: the key itself, or a file with one a line; empty lines and those that begin
 * with `#` are left out. Rejects with the system's error for a file that cannot be read.
 */
export async function readVerifierKeys(given: readonly string[]): Promise<readonly string[]> {
  const lists = await Promise.all(
    given.map(async (each) => {
      if (LITERAL.test(each) && !existsSync(each)) return [each];
      const lines = (await readFile(each, 'utf8')).split('\n').map((line) => line.trim());
      return lines.filter((line) => line !== '' && !line.startsWith('#'));
    }),
  );
  return lists.flat();
}
