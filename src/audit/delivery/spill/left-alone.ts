import { errorCode } from '../../errors/error-facts.js';
import { isOfThisHost, isOwn, type SpillOwner } from './spill-file.js';

/** A file that nobody wrote to or replayed for so long is taken for abandoned. */
export const FRESH_MS = 30_000;

/** The segments, by path, that this process is writing or replaying: several applications in it may share a folder. */
export const inUse = new Set<string>();

/** Whether somebody wrote to a file or replayed it lately; not where a clock was far ahead. */
export function isFresh(modifiedMs: number, nowMs: number): boolean {
  return Math.abs(nowMs - modifiedMs) < FRESH_MS;
}

/**
 * Whether a replay leaves a segment to whom it is named after: it is fresh, and its owner may live. This only saves
 * work: nothing is lost when the guess is wrong (see `SegmentWriter`).
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
