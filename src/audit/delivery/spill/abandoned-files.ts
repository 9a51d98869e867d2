import { lutimes, readdir, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../../../base/errors/error-facts.js';
import { HOST, MACHINE, parseName, type SpillOwner } from './spill-file.js';

/** The time after which a file that is neither written nor replayed counts as abandoned. */
export const FRESH_MS = 30_000;

/** The paths of the files that this process is writing or replaying. Several applications in the process may share a folder. */
export const inUse = new Set<string>();

/** Whether a file was written or replayed recently. Returns `false` for a time far in the future. */
function isFresh(modifiedMs: number, nowMs: number): boolean {
  return Math.abs(nowMs - modifiedMs) < FRESH_MS;
}

/** Whether a file is fresh and its owner may be alive. A wrong result only costs work, and loses no event (see `SegmentWriter`). */
export function isLeftAlone(path: string, { host, pid }: SpillOwner, modifiedMs: number, nowMs: number): boolean {
  if (!isFresh(modifiedMs, nowMs)) return false;
  if (host !== HOST && (pid === process.pid || !host.startsWith(MACHINE))) return true;
  return pid === process.pid ? inUse.has(path) : isAlive(pid);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
}

export interface FoundFile {
  readonly path: string;
  /** The parts of the file's name; `undefined` for a file that is not part of the spill. */
  readonly parsed: ReturnType<typeof parseName>;
  readonly bytes: number;
  readonly modifiedMs: number;
}

/** Lists the files in a folder. Returns an empty list for a missing folder. Rejects with the system's error. */
export async function listFiles(folder: string): Promise<readonly FoundFile[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  });
  const files: FoundFile[] = [];
  for (const name of names) {
    const path = join(folder, name);
    const facts = await stat(path).catch(() => undefined); // another process may have removed the file
    if (!facts) continue;
    files.push({ path, parsed: parseName(name), bytes: facts.isFile() ? facts.size : 0, modifiedMs: facts.mtimeMs });
  }
  return files;
}

/**
 * Claims a file for this process by renaming the file, and makes the file fresh, so that no third process takes it meanwhile. Resolves with
 * `true` if the file existed. Rejects with the system's error.
 */
export async function claimFile(from: string, to: string): Promise<boolean> {
  try {
    await touch(from);
    await rename(from, to);
    return true;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
}

/** Makes a file, not what it links to, fresh. Never rejects: a stale file only costs work. */
export async function touch(path: string): Promise<void> {
  const now = new Date();
  await lutimes(path, now, now).catch(() => undefined);
}

/** Ignores the error that another process removed or renamed a file meanwhile. */
export function unlessGone(error: unknown): void {
  if (errorCode(error) !== 'ENOENT') throw error;
}
