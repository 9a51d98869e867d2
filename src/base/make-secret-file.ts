import { randomUUID } from 'node:crypto';
import { link, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { getErrorCode } from './errors/error-facts.js';

/**
 * Makes a file of one line that only the user of this process can read, unless the file exists. If several processes make the file at once,
 * only one process succeeds. The file is complete as soon as it exists. Resolves with `true` if this process made the file, otherwise with
 * `false`. Rejects with the error of the file system.
 */
export async function makeSecretFile(path: string, line: string): Promise<boolean> {
  const draft = `${path}.${randomUUID()}`;
  await mkdir(dirname(path), { recursive: true });
  try {
    await writeFile(draft, `${line}\n`, { mode: 0o600, flush: true });
    await link(draft, path); // unlike rename(), link() does not replace another process's file
    return true;
  } catch (error) {
    if (getErrorCode(error) === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}
