import type { AuditEvent } from '../../event/audit-event.js';
import type { SpillLines } from './spill-line.js';

/** An event that its provider refuses, and why. */
export interface DeadLetter {
  readonly event: AuditEvent;
  readonly error: string;
}

/** A dead letter as the folder keeps it. `at`: when it was given up, RFC 3339, UTC. */
export interface KeptDeadLetter extends DeadLetter {
  readonly backend: string;
  readonly at: string;
}

/** Most characters of an error that are kept with a dead letter. */
const MAX_ERROR_LENGTH = 2_000;

/** A line of a backend's segment. */
export function encodeEvent(lines: SpillLines, backend: string, event: AuditEvent): string {
  return lines.encode(`events ${backend}`, event);
}

/** The event in a line of a backend's segment; `undefined` without one. */
export function decodeEvent(lines: SpillLines, backend: string, line: Buffer): AuditEvent | undefined {
  const value = lines.decode(`events ${backend}`, line);
  return isEvent(value) ? value : undefined;
}

/** A dead letter's line. */
export function encodeDeadLetter(lines: SpillLines, { backend, at, error, event }: KeptDeadLetter): string {
  return lines.encode('dead letters', { backend, at, error: error.slice(0, MAX_ERROR_LENGTH), event });
}

/** The dead letter in a line; `undefined` without one. */
export function decodeDeadLetter(lines: SpillLines, line: Buffer): KeptDeadLetter | undefined {
  const { backend, at, error, event } = fieldsOf(lines.decode('dead letters', line));
  if (typeof backend !== 'string' || typeof at !== 'string' || typeof error !== 'string') return undefined;
  return isEvent(event) ? { backend, at, error, event } : undefined;
}

/** By what every event has: the folder's lines are what this library wrote. */
function isEvent(value: unknown): value is AuditEvent {
  const { id, schemaVersion, type } = fieldsOf(value);
  return typeof id === 'string' && (schemaVersion === 1 || schemaVersion === 2) && typeof type === 'string';
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
