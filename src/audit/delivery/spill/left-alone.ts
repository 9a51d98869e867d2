import { errorCode } from '../../errors/error-facts.js';
import { isOfThisHost, isOwn, type SpillOwner } from './spill-file.js';

/** A file that was neither written nor replayed for this long counts as abandoned. */
export const FRESH_MS = 30_000;

/** The segments, by path, that this process is writing or replaying. Several applications in the process may share a folder. */
export const inUse = new Set<string>();

/** Whether a file was written or replayed recently; a time far in the future does not count. */
export function isFresh(modifiedMs: number, nowMs: number): boolean {
  return Math.abs(nowMs - modifiedMs) < FRESH_MS;
}

/**
 * Whether a replay leaves a segment to the process in its name: the file is fresh, and its owner may be alive. This only saves work:
 * nothing is lost if the guess is wrong (see `SegmentWriter`).
 */
export function isLeftAlone(path: string, segment: SpillOwner, modifiedMs: number, nowMs: number): boolean {
  if (!isFresh(modifiedMs, nowMs)) return false;
  if (isOwn(segment)) return inUse.has(path);
  return !isOfThisHost(segment) || isAlive(segment.pid);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
}
