import { randomBytes } from 'node:crypto';
import { chown, rename, stat, writeFile } from 'node:fs/promises';
import { readText } from '../server/read-text.js';
import { EmbeddedDiskFullError, EmbeddedFolderRefusedError } from './embedded.error.js';
import type { SystemUser } from './run-program.js';

const DENIALS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EROFS: 'the file system is read-only',
  ENOTDIR: 'a part of the path is not a folder',
  EEXIST: 'something that is not a folder stands there',
  ELOOP: 'its links go in a circle',
  ENAMETOOLONG: 'the name is too long',
};

/** The `code` of a failed system call; empty for any other error. */
export function systemCode(error: unknown): string {
  return readText(error, 'code') ?? '';
}

/** Whether what PostgreSQL's programs wrote reports a full disk or quota. */
export function tellsOfFullDisk(output: string): boolean {
  return /No space left on device|Disk quota exceeded|Check free disk space/.test(output);
}

/** Whether the call failed because nothing stands at the path. */
export function isAbsence(error: unknown): boolean {
  return systemCode(error) === 'ENOENT';
}

/** Whether anything stands at the path. A path that may not be looked at throws. */
export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: unknown) => {
      if (isAbsence(error)) return false;
      throw error;
    },
  );
}

/** Gives a path to the user of the database; without one it is already in the right hands. */
export async function giveTo(user: SystemUser | undefined, path: string): Promise<void> {
  if (user !== undefined) await chown(path, user.uid, user.gid);
}

/** Writes a file for this user alone. A reader meanwhile gets the old text or the new. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const next = `${path}.${randomBytes(4).toString('hex')}`;
  await writeFile(next, `${text}\n`, { mode: 0o600, flag: 'wx' });
  await rename(next, path);
}

/**
 * Runs work on the cluster's folder and turns what the file system refuses into the error of that condition.
 *
 * @throws EmbeddedFolderRefusedError `EMBEDDED_FOLDER_REFUSED`
 * @throws EmbeddedDiskFullError `EMBEDDED_DISK_FULL`
 */
export async function onFolder<T>(dir: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOSPC' || code === 'EDQUOT') throw EmbeddedDiskFullError.create(dir, error);
    const seen = DENIALS[code];
    if (seen === undefined) throw error;
    throw EmbeddedFolderRefusedError.create(dir, `${seen} (${readText(error, 'message') ?? code})`, error);
  }
}
