import { constants } from 'node:fs';
import { open, rename, unlink, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { getErrorCode } from '../../../base/errors/error-facts.js';
import type { AuditEvent } from '../../event/audit-event.js';
import { decodeEvent, type DeadLetter, readLines, setAside, type SpillLines } from './spill-line.js';
import {
  claimFile,
  filesInUse,
  touch,
  ignoreMissingFile,
  claimedName,
  formatCorruptName,
  type SegmentFile,
} from './spill-file.js';
import { syncFolder } from '../../../base/sync-folder.js';

const { O_RDONLY, O_NOFOLLOW } = constants;

const MAX_PART_EVENTS = 500;
/** In memory, the events of a part need at least ten times this size. */
const MAX_PART_BYTES = 1024 * 1024;

/** The result of an offer. With `done: false`, the replay stops and retains the events. Otherwise all events are stored except `dead`. */
export type ReplayVerdict = { readonly done: false } | { readonly done: true; readonly dead: readonly DeadLetter[] };

/** Offers events to the provider, and resolves with the verdict. */
export type Offer = (events: readonly AuditEvent[]) => Promise<ReplayVerdict>;

export interface SegmentReplay {
  readonly replayed: number;
  /** The number of events that became dead letters. */
  readonly dead: number;
  /** The number of lines that were set aside. A file that cannot be read counts as one line. */
  readonly corrupt: number;
  readonly done: boolean;
}

const EMPTY_REPLAY: SegmentReplay = { replayed: 0, dead: 0, corrupt: 0, done: true };

/** Error codes of files that remain unreadable until a person repairs them. */
const UNREADABLE: readonly unknown[] = ['EACCES', 'EPERM', 'EIO', 'EISDIR', 'ELOOP'];

export interface ReplaySteps {
  readonly offer: Offer;
  readonly addDeadLetter: (dead: readonly DeadLetter[]) => Promise<void>;
}

/**
 * Claims a segment, offers its events, buries the dead letters, sets aside broken lines, and removes the segment. A segment that is
 * not `done` remains, and the next replay offers it from its beginning. Rejects with the system's error if a later replay may succeed.
 */
export async function replaySegment(
  { path, parsed: segment }: SegmentFile,
  lines: SpillLines,
  { offer, addDeadLetter }: ReplaySteps,
): Promise<SegmentReplay> {
  const read = (line: Buffer): AuditEvent | undefined => decodeEvent(lines, segment.backend, line);
  const claimed = join(dirname(path), claimedName(segment));
  filesInUse.add(claimed);
  try {
    if (!(await claimFile(path, claimed))) return EMPTY_REPLAY;
    const corruptPath = join(dirname(path), formatCorruptName(segment.uuid));
    const file = await openReadable(claimed);
    if (!file) {
      await rename(claimed, corruptPath);
      await syncFolder(dirname(corruptPath));
      return { ...EMPTY_REPLAY, corrupt: 1 };
    }
    try {
      const { dead, ...result } = await offerLines(file, read, (events) => touch(claimed).then(() => offer(events)));
      if (!result.done) return { ...result, dead: 0, corrupt: 0 };
      if (dead.length > 0) await addDeadLetter(dead);
      if (result.corrupt > 0) await setAside(file, corruptPath, (line) => read(line) === undefined);
      await unlink(claimed).catch(ignoreMissingFile); // another process may have claimed it, and then removes it
      return { ...result, dead: dead.length };
    } finally {
      await file.close();
    }
  } finally {
    filesInUse.delete(claimed);
  }
}

async function offerLines(
  file: FileHandle,
  read: (line: Buffer) => AuditEvent | undefined,
  offer: Offer,
): Promise<Omit<SegmentReplay, 'dead'> & { readonly dead: readonly DeadLetter[] }> {
  const dead: DeadLetter[] = [];
  let [replayed, corrupt, part, partBytes] = [0, 0, [] as AuditEvent[], 0];
  const offerPart = async (): Promise<boolean> => {
    if (part.length === 0) return true;
    const verdict = await offer(part);
    if (!verdict.done) return false;
    dead.push(...verdict.dead);
    replayed += part.length - verdict.dead.length;
    [part, partBytes] = [[], 0];
    return true;
  };
  for await (const line of readLines(file)) {
    const event = read(line);
    if (!event) {
      corrupt++;
      continue;
    }
    if (part.length === MAX_PART_EVENTS || partBytes + line.length > MAX_PART_BYTES) {
      if (!(await offerPart())) return { replayed, corrupt, dead, done: false };
    }
    part.push(event);
    partBytes += line.length;
  }
  return { done: await offerPart(), replayed, corrupt, dead };
}

async function openReadable(path: string): Promise<FileHandle | undefined> {
  try {
    const file = await open(path, O_RDONLY | O_NOFOLLOW);
    const isFile = (await file.stat()).isFile();
    if (isFile) return file;
    await file.close();
  } catch (error) {
    if (!UNREADABLE.includes(getErrorCode(error))) throw error;
  }
  return undefined;
}
