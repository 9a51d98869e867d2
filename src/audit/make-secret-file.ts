import { randomUUID } from 'node:crypto';
import { link, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errorCode } from './errors/error-facts.js';

/**
 * Makes a file of one line that only this user can read, unless it exists. If several processes try at once, one succeeds; the file is
 * complete as soon as it exists. Resolves with whether this process made it. Rejects with the error of the file system.
 */
export async function makeSecretFile(path: string, line: string): Promise<boolean> {
  const draft = `${path}.${randomUUID()}`;
  await mkdir(dirname(path), { recursive: true });
  try {
    await writeFile(draft, `${line}\n`, { mode: 0o600, flush: true });
    await link(draft, path); // unlike a rename, it keeps a file that another process put there
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}
