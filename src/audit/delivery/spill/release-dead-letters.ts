import { userInfo } from 'node:os';
import { buildOwnEvent } from '../../build-own-event.js';
import { SpillRequestError } from '../../errors/spill-request.error.js';
import type { AuditEvent } from '../../event/audit-event.js';
import { SpillFolder, type KeptDeadLetter } from './spill-folder.js';
import { linesOfCommand } from './lines-of-command.js';
import { checkFolder } from './list-spill.js';
import { takeDeadLetters } from './take-dead-letters.js';

/** So many ids and types fit into one event without being cut. */
const MAX_LETTERS_PER_EVENT = 100;

/**
 * Puts dead letters (all, or those of the given events) back into the spill, so that the application that uses the folder replays them, now
 * or at its next start. Resolves with their number when they are on disk there. Safe while the application runs.
 *
 * @throws SpillRequestError (`AUDIT_SPILL_REQUEST_INVALID`) when the folder, the key or a letter is missing; nothing is changed then
 */
export function replayDeadLetters(
  path: string,
  ids: readonly string[] | 'all',
  keys: readonly string[] = [],
): Promise<number> {
  return release(path, ids, keys, (letters) => letters.map(({ event }) => event));
}

/**
 * Drops dead letters (all, or those of the given events), and puts events about that into the spill for the same provider:
 * `audit_dead_letter_dropped`, with the ids, types and reason; the actor is the user of the operating system. Resolves with the number of
 * dropped letters when these events are on disk. Safe while the application runs.
 *
 * @throws SpillRequestError (`AUDIT_SPILL_REQUEST_INVALID`) when the reason, the folder, the key or a letter is missing; nothing is
 *   changed then
 */
export async function dropDeadLetters(
  path: string,
  ids: readonly string[] | 'all',
  reason: string,
  keys: readonly string[] = [],
): Promise<number> {
  if (reason.trim() === '') throw SpillRequestError.noReason();
  return release(path, ids, keys, (letters) => {
    const events: AuditEvent[] = [];
    for (let from = 0; from < letters.length; from += MAX_LETTERS_PER_EVENT) {
      events.push(droppedEvent(letters.slice(from, from + MAX_LETTERS_PER_EVENT), reason));
    }
    return events;
  });
}

/** @param eventsFor returns the events that replace some letters of one provider in the spill */
async function release(
  path: string,
  ids: readonly string[] | 'all',
  given: readonly string[],
  eventsFor: (letters: readonly KeptDeadLetter[]) => readonly AuditEvent[],
): Promise<number> {
  await checkFolder(path);
  const { keys, lines } = linesOfCommand(path, given);
  const folder = new SpillFolder(path, { maxBytes: Infinity, keys }); // without a bound, since it only moves events
  const known = new Set((await folder.deadLetters()).map(({ event }) => event.id));
  const unknown = ids === 'all' ? [] : ids.filter((id) => !known.has(id));
  if (unknown.length > 0) throw SpillRequestError.unknownIds(path, unknown);
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
