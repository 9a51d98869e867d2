import type { AuditEvent } from '../../event/audit-event.js';
import { readEachLine } from './read-lines.js';
import type { SpillLines } from './spill-line.js';

export interface DeadLetter {
  readonly event: AuditEvent;
  readonly error: string;
}

/** A dead letter in the spill's folder. `at` is the time when the event became a dead letter (RFC 3339, UTC). */
export interface KeptDeadLetter extends DeadLetter {
  readonly backend: string;
  readonly at: string;
}

const MAX_ERROR_LENGTH = 2_000;

export function encodeEvent(lines: SpillLines, backend: string, event: AuditEvent): string {
  return lines.encode(`events ${backend}`, event);
}

/** Decodes the event in a line of a backend's segment; `undefined` for an invalid line. */
export function decodeEvent(lines: SpillLines, backend: string, line: Buffer): AuditEvent | undefined {
  const value = lines.decode(`events ${backend}`, line);
  return isEvent(value) ? value : undefined;
}

export function encodeDeadLetter(lines: SpillLines, { backend, at, error, event }: KeptDeadLetter): string {
  return lines.encode('dead letters', { backend, at, error: error.slice(0, MAX_ERROR_LENGTH), event });
}

/** Decodes the dead letter in a line; `undefined` for an invalid line. */
export function decodeDeadLetter(lines: SpillLines, line: Buffer): KeptDeadLetter | undefined {
  const { backend, at, error, event } = fieldsOf(lines.decode('dead letters', line));
  if (typeof backend !== 'string' || typeof at !== 'string' || typeof error !== 'string') return undefined;
  return isEvent(event) ? { backend, at, error, event } : undefined;
}

/** Returns the key of a dead letter: the backend and the event's id. */
export function keyOf({ backend, event }: KeptDeadLetter): string {
  return `${backend} ${event.id}`;
}

/** Reads the dead letters of a file, and counts its invalid lines. A file that cannot be read counts as one invalid line. Never rejects. */
export async function readDeadLetters(
  path: string,
  lines: SpillLines,
): Promise<{ readonly letters: readonly KeptDeadLetter[]; readonly brokenLines: number }> {
  const letters: KeptDeadLetter[] = [];
  let brokenLines = 0;
  const isReadable = await readEachLine(path, (line) => {
    const letter = decodeDeadLetter(lines, line);
    if (letter) letters.push(letter);
    else brokenLines++;
  });
  return { letters, brokenLines: isReadable ? brokenLines : 1 };
}

/** Checks only fields that every event has, since the line's signature is valid. */
function isEvent(value: unknown): value is AuditEvent {
  const { id, schemaVersion, type } = fieldsOf(value);
  return typeof id === 'string' && (schemaVersion === 1 || schemaVersion === 2) && typeof type === 'string';
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
