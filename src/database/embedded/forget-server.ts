import { randomBytes } from 'node:crypto';
import { link, readFile, rename, rm } from 'node:fs/promises';
import { isAbsence } from './file-system.js';
import { postmasterFilePath, type PostmasterFile } from './postmaster-file.js';

/**
 * Removes the file of a server that is gone but whose process id another process has now, which keeps PostgreSQL from
 * starting. A file that a new server has written since it was read is put back.
 */
export async function forgetServer(data: string, stale: PostmasterFile): Promise<void> {
  const path = postmasterFilePath(data);
  const aside = `${path}.${randomBytes(4).toString('hex')}`;
  try {
    await rename(path, aside);
    if ((await readFile(aside, 'utf8')) !== stale.text) await link(aside, path);
    await rm(aside);
  } catch (error) {
    // Another application was faster; the next look tells.
    if (!isAbsence(error)) throw error;
  }
}
