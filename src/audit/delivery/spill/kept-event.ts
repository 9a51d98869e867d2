import type { AuditEvent } from '../../event/audit-event.js';
import { decodeLine, encodeLine } from './spill-line.js';

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

/** A segment's line. */
export function encodeEvent(event: AuditEvent): string {
  return encodeLine(event);
}

/** The event in a segment's line; `undefined` when there is none. */
export function decodeEvent(line: Buffer): AuditEvent | undefined {
  const value = decodeLine(line);
  return isEvent(value) ? value : undefined;
}

/** A dead letter's line. */
export function encodeDeadLetter({ backend, at, error, event }: KeptDeadLetter): string {
  return encodeLine({ backend, at, error: error.slice(0, MAX_ERROR_LENGTH), event });
}

/** The dead letter in a line; `undefined` when there is none. */
export function decodeDeadLetter(line: Buffer): KeptDeadLetter | undefined {
  const { backend, at, error, event } = fieldsOf(decodeLine(line));
  if (typeof backend !== 'string' || typeof at !== 'string' || typeof error !== 'string') return undefined;
  return isEvent(event) ? { backend, at, error, event } : undefined;
}

/** By what every event has: the folder holds what this library wrote, and hand-made repairs of it. */
function isEvent(value: unknown): value is AuditEvent {
  const { id, schemaVersion, type } = fieldsOf(value);
  return typeof id === 'string' && (schemaVersion === 1 || schemaVersion === 2) && typeof type === 'string';
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
