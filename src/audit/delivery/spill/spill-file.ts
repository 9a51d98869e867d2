import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { isMainThread, threadId } from 'node:worker_threads';
import { lutimes, readdir, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { uuidv7 } from 'uuidv7';
import { getErrorCode } from '../../../base/errors/error-facts.js';
import { getDeadLetterKey, readDeadLetters, countLines, type SpillLines } from './spill-line.js';

/*
 * The names of a spill folder's files. A file's name states the process that writes or replays the file:
 *
 *     <backend>.<host>.<pid>.<uuid>.jsonl           events, named by their writer
 *     <backend>.<host>.<pid>.<uuid>.<claim>.jsonl   the same, claimed by a replay
 *     <host>.<pid>.<uuid>.<claim>.dead              dead letters
 *     <uuid>.corrupt                                bytes that could not be read
 */

const SEGMENT = /^([a-z][a-z0-9-]*)\.([a-z0-9-]+)\.(\d+)\.([0-9a-f-]{36})(?:\.[0-9a-f]{8})?\.jsonl$/;
const DEAD = /^([a-z0-9-]+)\.(\d+)\.([0-9a-f-]{36})(?:\.[0-9a-f]{8})?\.dead$/;
const CORRUPT = /^[0-9a-f-]{36}\.corrupt$/;

/** The name of the machine, shortened for a file name, and a hash of its PID namespace, since each container has its own process ids. */
const MACHINE = `${
  hostname()
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]/g, '-')
    .slice(0, 54) || 'unnamed'
}${processSpace()}`;

/** The machine, and the number of a worker thread, since each thread knows only its own files. */
export const HOST = isMainThread ? MACHINE : `${MACHINE}-t${threadId}`;

function processSpace(): string {
  try {
    const parts = [readlinkSync('/proc/self/ns/pid'), readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')];
    return `-${createHash('sha256').update(parts.join()).digest('hex').slice(0, 8)}`;
  } catch {
    return ''; // not Linux
  }
}

/** The process that writes or replays a file. */
interface SpillOwner {
  readonly host: string;
  readonly pid: number;
}

/** The parts of a segment's name. `uuid` is a UUIDv7, which sorts segments by the time of their beginning. */
export interface SegmentName extends SpillOwner {
  readonly kind: 'segment';
  readonly backend: string;
  readonly uuid: string;
}

export function createSegmentName(backend: string): string {
  return `${backend}.${HOST}.${process.pid}.${uuidv7()}.jsonl`;
}

/** Makes a new, unique name for a segment that this process claims. */
export function claimedName({ backend, uuid }: SegmentName): string {
  return `${backend}.${HOST}.${process.pid}.${uuid}.${randomBytes(4).toString('hex')}.jsonl`;
}

export function createDeadLetterName(uuid = uuidv7()): string {
  return `${HOST}.${process.pid}.${uuid}.${randomBytes(4).toString('hex')}.dead`;
}

/** Returns the name for the broken lines of a segment, or of a file of dead letters: the same name in every attempt. */
export function formatCorruptName(uuid: string): string {
  return `${uuid}.corrupt`;
}

/** The parts of the name of a file of dead letters. */
interface DeadLetterName extends SpillOwner {
  readonly kind: 'dead';
  readonly uuid: string;
}

/** Parses a file's name; `undefined` for any other file. */
export function parseName(name: string): SegmentName | DeadLetterName | { readonly kind: 'corrupt' } | undefined {
  const segment = SEGMENT.exec(name);
  if (segment) {
    const [, backend = '', host = '', pid, uuid = ''] = segment;
    return { kind: 'segment', backend, host, pid: Number(pid), uuid };
  }
  const dead = DEAD.exec(name);
  if (dead) {
    const [, host = '', pid, uuid = ''] = dead;
    return { kind: 'dead', host, pid: Number(pid), uuid };
  }
  return CORRUPT.test(name) ? { kind: 'corrupt' } : undefined;
}

/** The time after which a file that is neither written nor replayed counts as abandoned. */
export const FRESH_MS = 30_000;

/** The paths of the files that this process is writing or replaying. Several applications in the process may share a folder. */
export const filesInUse = new Set<string>();

/** Whether a file was written or replayed recently. Returns `false` for a time far in the future. */
function isFresh(modifiedMs: number, nowMs: number): boolean {
  return Math.abs(nowMs - modifiedMs) < FRESH_MS;
}

/** Whether a file is fresh and its owner may be alive. A wrong result only costs work, and loses no event (see `SegmentWriter`). */
export function isOwnedByOtherProcess(
  path: string,
  { host, pid }: SpillOwner,
  modifiedMs: number,
  nowMs: number,
): boolean {
  if (!isFresh(modifiedMs, nowMs)) return false;
  if (host !== HOST && (pid === process.pid || !host.startsWith(MACHINE))) return true;
  return pid === process.pid ? filesInUse.has(path) : isAlive(pid);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return getErrorCode(error) === 'EPERM';
  }
}

interface FoundFile {
  readonly path: string;
  /** The parts of the file's name; `undefined` for a file that is not part of the spill. */
  readonly parsed: ReturnType<typeof parseName>;
  readonly bytes: number;
  readonly modifiedMs: number;
}

/** Lists the files in a folder. Returns an empty list for a missing folder. Rejects with the system's error. */
export async function listFiles(folder: string): Promise<readonly FoundFile[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (getErrorCode(error) === 'ENOENT') return [];
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
    if (getErrorCode(error) === 'ENOENT') return false;
    throw error;
  }
}

/** Makes a file, not what it links to, fresh. Never rejects: a stale file only costs work. */
export async function touch(path: string): Promise<void> {
  const now = new Date();
  await lutimes(path, now, now).catch(() => undefined);
}

/** Ignores the error that another process removed or renamed a file meanwhile. */
export function ignoreMissingFile(error: unknown): void {
  if (getErrorCode(error) !== 'ENOENT') throw error;
}

export interface SegmentFile extends FoundFile {
  readonly parsed: SegmentName;
}

interface ReadFile {
  readonly path: string;
  readonly bytes: number;
  /** The backend of each dead letter, by the letter's key. */
  readonly letters: ReadonlyMap<string, string>;
  readonly brokenLines: number;
}

export interface Survey {
  /** The size of all files in the folder. */
  readonly bytes: number;
  /** The segments, oldest first. */
  readonly segments: readonly SegmentFile[];
  readonly deadLetters: readonly ReadFile[];
  readonly corrupt: readonly ReadFile[];
  readonly corruptLines: number;
}

/**
 * Surveys a folder; a missing folder is empty. Reads only the files whose size has changed since the last survey. Rejects with the system's
 * error when the folder cannot be listed.
 */
export async function surveyFolder(folder: string, lines: SpillLines, last?: Survey): Promise<Survey> {
  const known = last ? [...last.deadLetters, ...last.corrupt] : [];
  const segments: SegmentFile[] = [];
  const deadLetters: ReadFile[] = [];
  const corrupt: ReadFile[] = [];
  let allBytes = 0;
  for (const file of await listFiles(folder)) {
    const { path, parsed, bytes } = file;
    allBytes += bytes;
    const same = known.find((each) => each.path === path && each.bytes === bytes);
    if (parsed?.kind === 'segment') segments.push({ ...file, parsed });
    else if (parsed?.kind === 'dead') deadLetters.push(same ?? (await readLetters(path, bytes, lines)));
    else if (parsed?.kind === 'corrupt')
      corrupt.push(same ?? { path, bytes, letters: new Map(), brokenLines: await countLines(path) });
  }
  return {
    bytes: allBytes,
    segments: segments.sort((one, other) => (one.parsed.uuid < other.parsed.uuid ? -1 : 1)),
    deadLetters,
    corrupt,
    corruptLines: [...deadLetters, ...corrupt].reduce((sum, { brokenLines }) => sum + brokenLines, 0),
  };
}

async function readLetters(path: string, bytes: number, lines: SpillLines): Promise<ReadFile> {
  const { letters, brokenLines } = await readDeadLetters(path, lines);
  return {
    path,
    bytes,
    brokenLines,
    letters: new Map(letters.map((letter) => [getDeadLetterKey(letter), letter.backend])),
  };
}
