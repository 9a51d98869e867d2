import { createHash } from 'node:crypto';
import type { ActStatement } from './act-note.js';

/** The type of the events by which erasures are in the log: one a page of events. */
export const ERASURE_ACT_TYPE = 'audit_events_erased';

/** What the act of an erasure states: which erasure, and of which events, by their number and the digest of their ids. */
export function erasureStatement(erasureId: string, eventIds: readonly string[]): ActStatement {
  return { act: 'erasure', erasureId, events: eventIds.length, eventsDigest: digestOfEvents(eventIds) };
}

/** The SHA-256 of ids in ascending order, each with a newline behind, in hexadecimal. As the verification has it in SQL. */
function digestOfEvents(eventIds: readonly string[]): string {
  const lines = eventIds.toSorted().map((id) => `${id}\n`);
  return createHash('sha256').update(lines.join('')).digest('hex');
}
