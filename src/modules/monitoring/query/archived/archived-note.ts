import type { EventOrder } from '../event-query.dto.js';
import type { LedgerEvent } from '../ledger-event.js';
import type { ArchivedNote } from '../ledger-event.dto.js';

export type { ArchivedNote } from '../ledger-event.dto.js';

/** The note on archived events of a page. */
export function noteOf(note: Omit<ArchivedNote, 'events'>, items: readonly LedgerEvent[]): ArchivedNote {
  return { ...note, events: items.filter(({ archive }) => archive !== undefined).length };
}

/** Merges stored and archived events into one order; if an event is in both, the stored one is kept. */
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
