import { open, unlink } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { buildOwnEvent } from '../../build-own-event.js';
import type { AuditEvent } from '../../event/audit-event.js';
import { decodeDeadLetter, encodeDeadLetter, readDeadLetters, type KeptDeadLetter } from './dead-letter.js';
import { claimFile, listFiles } from './abandoned-files.js';
import { checkFolder } from './list-spill.js';
import { setAside } from './read-lines.js';
import { inBlocks, SegmentWriter } from './segment-writer.js';
import { corruptName, newDeadName } from './spill-file.js';
import { SpillFolder } from './spill-folder.js';
import { SpillLines } from './spill-line.js';
import { auditErrors } from '../../errors/audit.errors.js';
import type { WriterKeys } from '../../writer-keys.js';

const MAX_LETTERS_PER_EVENT = 100;

/**
 * Moves dead letters (all, or the given events) back into the spill, so that the application replays them at once or at its next start.
 * Resolves with the number of moved letters when their events are on disk. Safe while the application runs.
 *
 * @throws `AUDIT_SPILL_REQUEST_INVALID` when the folder, the key or a letter is missing. Then the folder is unchanged.
 */
export function replayDeadLetters(path: string, ids: readonly string[] | 'all', keys: WriterKeys): Promise<number> {
  return release(path, ids, keys, (letters) => letters.map(({ event }) => event));
}

/**
 * Drops dead letters (all, or the given events), and writes `audit_dead_letter_dropped` events into the spill for the same provider. These
 * events contain the reason, and the ids and types of the dropped events; the actor is the user of the operating system. Resolves with the
 * number of dropped letters when these events are on disk. Safe while the application runs.
 *
 * @throws `AUDIT_SPILL_REQUEST_INVALID` when the reason, the folder, the key or a letter is missing. Then the folder is
 *   unchanged.
 */
export async function dropDeadLetters(
  path: string,
  ids: readonly string[] | 'all',
  reason: string,
  keys: WriterKeys,
): Promise<number> {
  if (reason.trim() === '') throw auditErrors.AUDIT_SPILL_REQUEST_INVALID.noReason();
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
  eventsFor: (letters: readonly KeptDeadLetter[]) => readonly AuditEvent[],
): Promise<number> {
  await checkFolder(path);
  const lines = SpillLines.forCommand(path, keys);
  const folder = new SpillFolder(path, { maxBytes: Infinity, keys }); // without a bound, since this function only moves events
  const known = new Set((await folder.deadLetters()).map(({ event }) => event.id));
  const unknown = ids === 'all' ? [] : ids.filter((id) => !known.has(id));
  if (unknown.length > 0) throw auditErrors.AUDIT_SPILL_REQUEST_INVALID.unknownIds(path, unknown);
  const isWanted = ({ event }: KeptDeadLetter): boolean => ids === 'all' || ids.includes(event.id);
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

interface Claimed {
  readonly path: string;
  readonly uuid: string;
  readonly letters: readonly KeptDeadLetter[];
  readonly brokenLines: number;
}

/** Claims the files first, since an application may write new letters at the same time. After a crash, a letter may exist twice. */
async function takeDeadLetters(
  folder: string,
  lines: SpillLines,
  isWanted: (letter: KeptDeadLetter) => boolean,
  keep: (letters: readonly KeptDeadLetter[]) => Promise<void>,
): Promise<void> {
  const claimed: Claimed[] = [];
  for (const { path: found, parsed } of await listFiles(folder)) {
    if (parsed?.kind !== 'dead' || !(await readDeadLetters(found, lines)).letters.some(isWanted)) continue;
    const path = join(folder, newDeadName());
    const { uuid } = parsed;
    if (await claimFile(found, path)) claimed.push({ path, uuid, ...(await readDeadLetters(path, lines)) });
  }
  await keep(claimed.flatMap(({ letters }) => letters.filter(isWanted)));
  const writer = new SegmentWriter(folder, () => newDeadName());
  const others = claimed.flatMap(({ letters }) => letters.filter((letter) => !isWanted(letter)));
  await Promise.all(
    inBlocks(others.map((letter) => encodeDeadLetter(lines, letter))).map((block) => writer.append(block)),
  );
  await writer.rotate();
  for (const { path, uuid, brokenLines } of claimed) {
    if (brokenLines > 0) await setBrokenLinesAside(path, lines, join(folder, corruptName(uuid)));
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

function droppedEvent(letters: readonly KeptDeadLetter[], reason: string): AuditEvent {
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
