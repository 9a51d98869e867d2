import { readdir, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../../errors/error-facts.js';
import { isLeftAlone } from './left-alone.js';
import { parseName, type OwnedKind } from './spill-file.js';

/** A file of a process that has ended, as far as this process can tell. */
export interface AbandonedFile {
  readonly path: string;
  readonly modifiedMs: number;
}

/** Lists the names in a folder; empty if it does not exist. Rejects with the system's error. */
export async function listFolder(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  });
}

/** Lists the files of one kind whose owner has ended. Rejects with the system's error when the folder cannot be listed. */
export async function abandonedFiles(folder: string, kind: OwnedKind): Promise<readonly AbandonedFile[]> {
  const files: AbandonedFile[] = [];
  for (const name of await listFolder(folder)) {
    const parsed = parseName(name);
    if (parsed?.kind !== kind) continue;
    const path = join(folder, name);
    const facts = await stat(path).catch(() => undefined); // it may be gone by now
    if (facts && !isLeftAlone(path, parsed.owner, facts.mtimeMs, Date.now()))
      files.push({ path, modifiedMs: facts.mtimeMs });
  }
  return files;
}

/**
 * Renames a file to a name of this process before it is read. Resolves with whether the file was still there. Rejects with the system's
 * error.
 */
export async function claimFile(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
}
