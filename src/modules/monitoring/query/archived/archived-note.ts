import type { EventOrder } from '../event-query.dto.js';
import type { LedgerEvent } from '../ledger-event.js';

/** What an answer says of retired events in its range of time, which the database has no more. */
export interface ArchivedNote {
  /** Whether archives were asked. When not, events may be missing. */
  readonly included: boolean;
  /** In which months events were retired: `2026-01`. */
  readonly months: readonly string[];
  /** Archives that somebody removed for good: their events are nowhere. */
  readonly removed?: readonly string[];
  /** How many events of the answer are from archives. Each of them has its `archive`. */
  readonly events: number;
}

/** The note of a page. */
export function noteOf(note: Omit<ArchivedNote, 'events'>, items: readonly LedgerEvent[]): ArchivedNote {
  return { ...note, events: items.filter(({ archive }) => archive !== undefined).length };
}

/** Stored and archived events in one order; what is in both is the stored one. */
export function mergeEvents(
  stored: readonly LedgerEvent[],
  archived: readonly LedgerEvent[],
  order: EventOrder,
): readonly LedgerEvent[] {
  if (archived.length === 0) return stored;
  const events = new Map([...archived, ...stored].map((event) => [event.id, event]));
  const sign = order === 'asc' ? 1 : -1;
  return [...events.values()].toSorted((one, other) => (one.id < other.id ? -sign : sign));
}
