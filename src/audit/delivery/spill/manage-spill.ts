import { stat, copyFile, lstat, open, realpath, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { userInfo } from 'node:os';
import {
  decodeEvent,
  type StoredDeadLetter,
  SpillLines,
  readEachLine,
  decodeDeadLetter,
  encodeDeadLetter,
  readDeadLetters,
  setAside,
} from './spill-line.js';
import { SpillFolder } from './spill-folder.js';
import {
  surveyFolder,
  isOwnedByOtherProcess,
  listFiles,
  claimedName,
  createDeadLetterName,
  claimFile,
  formatCorruptName,
} from './spill-file.js';
import { auditErrors } from '../../errors/audit.errors.js';
import type { WriterKeys } from '../../writer-keys.js';
import { getErrorCode } from '../../../base/errors/error-facts.js';
import { makeFolder, syncFolder } from '../../../base/sync-folder.js';
import { buildOwnEvent } from '../../build-own-event.js';
import type { AuditEvent } from '../../event/audit-event.js';
import { toBlocks, SegmentWriter } from './segment-writer.js';

export interface SpilledBackend {
  readonly backend: string;
  readonly waitingEvents: number;
  /** The size of the files of the waiting events. */
  readonly waitingBytes: number;
  /** The time of the oldest waiting event (RFC 3339, UTC). */
  readonly oldestOccurredAt?: string;
  readonly deadLetters: readonly StoredDeadLetter[];
}

export interface SpillListing {
  /** The size of all files. */
  readonly bytes: number;
  readonly corruptLines: number;
  readonly backends: readonly SpilledBackend[];
  /** The backend for which the sought event waits. */
  readonly waitsFor?: string;
}

/**
 * Lists the content of a spill folder. @throws `AUDIT_REQUEST_INVALID` if the folder or the key is missing
 *
 * @param sought the id of an event
 */
export async function listSpill(path: string, keys: WriterKeys, sought?: string): Promise<SpillListing> {
  await checkFolder(path);
  const lines = SpillLines.forCommand(path, keys);
  const { bytes, corruptLines, segments } = await surveyFolder(path, lines);
  const letters = await new SpillFolder(path, { maxBytes: Infinity, keys }).deadLetters();
  const names = new Set([...segments.map(({ parsed }) => parsed.backend), ...letters.map(({ backend }) => backend)]);
  const backends: SpilledBackend[] = [];
  let waitsFor: string | undefined;
  for (const backend of [...names].sort()) {
    const files = segments.filter(({ parsed }) => parsed.backend === backend);
    let waitingEvents = 0;
    let oldest: string | undefined;
    for (const file of files) {
      await readEachLine(file.path, (line) => {
        const event = decodeEvent(lines, backend, line);
        if (!event) return;
        if (event.id === sought) waitsFor = backend;
        waitingEvents++;
        if (oldest === undefined || event.occurredAt < oldest) oldest = event.occurredAt;
      });
    }
    backends.push({
      backend,
      waitingEvents,
      waitingBytes: files.reduce((sum, file) => sum + file.bytes, 0),
      ...(oldest === undefined ? {} : { oldestOccurredAt: oldest }),
      deadLetters: letters.filter((letter) => letter.backend === backend),
    });
  }
  return { bytes, corruptLines, backends, ...(waitsFor !== undefined && { waitsFor }) };
}

/** @throws `AUDIT_REQUEST_INVALID` when the folder is missing */
async function checkFolder(path: string): Promise<void> {
  const isFolder = await stat(path).then(
    (facts) => facts.isDirectory(),
    () => false,
  );
  if (!isFolder) throw auditErrors.AUDIT_REQUEST_INVALID.noFolder(path);
}

/** The number of files and events that were moved from one spill folder into another folder. */
interface AdoptedSpill {
  readonly waitingEvents: number;
  readonly deadLetters: number;
  readonly corruptLines: number;
  readonly files: number;
}

interface SpillFile {
  readonly from: string;
  /** The backend whose events the file holds; only for a segment. */
  readonly backend?: string;
  /** The file's new name. The name contains the id of this process, which ends soon. The application can then replay the file. */
  readonly toName: string;
}

/**
 * Moves the files of a dead instance's spill into the folder of another instance. The other instance replays these files at once, or at its
 * next start. Resolves when all files are stored in the new folder. After a crash, each file is complete in at least one of the two
 * folders. Even if a file is in both folders, a provider stores each event only once.
 *
 * @throws `AUDIT_REQUEST_INVALID` if a folder is missing or both folders are the same. Also thrown if the lines
 *   are signed with another key, or an instance that may still run uses the source. Then no file is moved.
 */
export async function adoptSpill(source: string, folder: string, keys: WriterKeys): Promise<AdoptedSpill> {
  await checkFolder(source);
  await makeFolder(folder);
  if ((await realpath(source)) === (await realpath(folder))) throw auditErrors.AUDIT_REQUEST_INVALID.ownFolder(source);
  const files = await listSpillFiles(source);
  const lines = SpillLines.forCommand(folder, keys);
  for (const { from, backend } of files) {
    if (backend !== undefined && (await isForeign(from, backend, lines)))
      throw auditErrors.AUDIT_REQUEST_INVALID.foreignKey(source);
  }
  const { backends, corruptLines } = await listSpill(source, keys);
  for (const { from, toName } of files) await moveSpillFile(from, join(folder, toName));
  await syncFolder(folder);
  await syncFolder(source);
  return {
    waitingEvents: backends.reduce((sum, { waitingEvents }) => sum + waitingEvents, 0),
    deadLetters: backends.reduce((sum, { deadLetters }) => sum + deadLetters.length, 0),
    corruptLines,
    files: files.length,
  };
}

async function listSpillFiles(source: string): Promise<readonly SpillFile[]> {
  const files: SpillFile[] = [];
  for (const { path: from, parsed, modifiedMs } of await listFiles(source)) {
    if (!parsed || !(await lstat(from)).isFile()) continue; // links are not followed
    if (parsed.kind === 'corrupt') {
      files.push({ from, toName: basename(from) });
      continue;
    }
    if (isOwnedByOtherProcess(from, parsed, modifiedMs, Date.now()))
      throw auditErrors.AUDIT_REQUEST_INVALID.alive(source, parsed);
    if (parsed.kind === 'segment') files.push({ from, toName: claimedName(parsed), backend: parsed.backend });
    else files.push({ from, toName: createDeadLetterName(parsed.uuid) });
  }
  return files;
}

async function isForeign(path: string, backend: string, lines: SpillLines): Promise<boolean> {
  let [all, own] = [0, 0];
  await readEachLine(path, (line) => {
    all++;
    if (decodeEvent(lines, backend, line)) own++;
  });
  return all > 0 && own === 0;
}

/** `rename` fails between file systems. The file gets its new name only when it is complete. */
async function moveSpillFile(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (getErrorCode(error) !== 'EXDEV') throw error;
    const unfinished = `${to}.adopting`;
    await copyFile(from, unfinished);
    const file = await open(unfinished, 'r+');
    await file.sync().finally(() => file.close());
    await rename(unfinished, to);
    await syncFolder(dirname(to));
    await unlink(from);
  }
}

const MAX_LETTERS_PER_EVENT = 100;

/**
 * Moves dead letters (all, or the given events) back into the spill, so that the application replays them at once or at its next start.
 * Resolves with the number of moved letters when their events are on disk. Safe while the application runs.
 *
 * @throws `AUDIT_REQUEST_INVALID` when the folder, the key or a letter is missing. Then the folder is unchanged.
 */
export function replayDeadLetters(path: string, ids: readonly string[] | 'all', keys: WriterKeys): Promise<number> {
  return release(path, ids, keys, (letters) => letters.map(({ event }) => event));
}

/**
 * Drops dead letters (all, or the given events), and writes `audit_dead_letter_dropped` events into the spill for the same provider. These
 * events contain the reason, and the ids and types of the dropped events; the actor is the user of the operating system. Resolves with the
 * number of dropped letters when these events are on disk. Safe while the application runs.
 *
 * @throws `AUDIT_REQUEST_INVALID` when the reason, the folder, the key or a letter is missing. Then the folder is
 *   unchanged.
 */
export async function dropDeadLetters(
  path: string,
  ids: readonly string[] | 'all',
  reason: string,
  keys: WriterKeys,
): Promise<number> {
  if (reason.trim() === '') throw auditErrors.AUDIT_REQUEST_INVALID.noReason();
  return release(path, ids, keys, (letters) => {
    const events: AuditEvent[] = [];
    for (let from = 0; from < letters.length; from += MAX_LETTERS_PER_EVENT) {
      events.push(droppedEvent(letters.slice(from, from + MAX_LETTERS_PER_EVENT), reason));
    }
    return events;
  });
}

async function release(
  path: string,
  ids: readonly string[] | 'all',
  keys: WriterKeys,
  eventsFor: (letters: readonly StoredDeadLetter[]) => readonly AuditEvent[],
): Promise<number> {
  await checkFolder(path);
  const lines = SpillLines.forCommand(path, keys);
  const folder = new SpillFolder(path, { maxBytes: Infinity, keys }); // without a bound, since this function only moves events
  const known = new Set((await folder.deadLetters()).map(({ event }) => event.id));
  const unknown = ids === 'all' ? [] : ids.filter((id) => !known.has(id));
  if (unknown.length > 0) throw auditErrors.AUDIT_REQUEST_INVALID.unknownIds(path, unknown);
  const isWanted = ({ event }: StoredDeadLetter): boolean => ids === 'all' || ids.includes(event.id);
  let released = 0;
  await takeDeadLetters(path, lines, isWanted, async (letters) => {
    for (const backend of new Set(letters.map((letter) => letter.backend))) {
      const own = letters.filter((letter) => letter.backend === backend);
      const each = [...new Map(own.map((letter) => [letter.event.id, letter])).values()];
      await folder.append(backend, eventsFor(each));
      released += each.length;
    }
    await folder.close();
  });
  return released;
}

interface ClaimedFile {
  readonly path: string;
  readonly uuid: string;
  readonly letters: readonly StoredDeadLetter[];
  readonly brokenLines: number;
}

/** Claims the files first, since an application may write new letters at the same time. After a crash, a letter may exist twice. */
async function takeDeadLetters(
  folder: string,
  lines: SpillLines,
  isWanted: (letter: StoredDeadLetter) => boolean,
  keep: (letters: readonly StoredDeadLetter[]) => Promise<void>,
): Promise<void> {
  const claimed: ClaimedFile[] = [];
  for (const { path: found, parsed } of await listFiles(folder)) {
    if (parsed?.kind !== 'dead' || !(await readDeadLetters(found, lines)).letters.some(isWanted)) continue;
    const path = join(folder, createDeadLetterName());
    const { uuid } = parsed;
    if (await claimFile(found, path)) claimed.push({ path, uuid, ...(await readDeadLetters(path, lines)) });
  }
  await keep(claimed.flatMap(({ letters }) => letters.filter(isWanted)));
  const writer = new SegmentWriter(folder, () => createDeadLetterName());
  const others = claimed.flatMap(({ letters }) => letters.filter((letter) => !isWanted(letter)));
  await Promise.all(
    toBlocks(others.map((letter) => encodeDeadLetter(lines, letter))).map((block) => writer.append(block)),
  );
  await writer.rotate();
  for (const { path, uuid, brokenLines } of claimed) {
    if (brokenLines > 0) await setBrokenLinesAside(path, lines, join(folder, formatCorruptName(uuid)));
    await unlink(path);
  }
}

async function setBrokenLinesAside(path: string, lines: SpillLines, corruptPath: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await setAside(file, corruptPath, (line) => decodeDeadLetter(lines, line) === undefined);
  } finally {
    await file.close();
  }
}

function droppedEvent(letters: readonly StoredDeadLetter[], reason: string): AuditEvent {
  return buildOwnEvent('audit_dead_letter_dropped', {
    severity: 'warning',
    actor: { type: 'system', id: userName() },
    reason,
    details: { events: letters.map(({ event }) => ({ id: event.id, type: event.type })) },
  });
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`; // a container's user may have no name
  }
}
