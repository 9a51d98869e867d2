export { getAcceptedAt } from '../../../src/monitoring/store/id-time.js';

export interface Timed {
  readonly id: string;
  readonly occurredAt: string;
}

/** Sorts by id, as the ledger sorts its lists. */
export function sortByTime<Event extends Timed>(events: Iterable<Event>, order: 'asc' | 'desc'): Event[] {
  const sign = order === 'asc' ? 1 : -1;
  return [...events].sort((one, other) => (one.id < other.id ? -sign : sign));
}
