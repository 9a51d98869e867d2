import { timeOfId } from '../../../src/monitoring/store/id-time.js';

export interface Timed {
  readonly id: string;
  readonly occurredAt: string;
}

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7/;

/** Returns the time by which events are sorted. The ledger accepts some events later than they happened, such as row changes. */
export function acceptedAt({ id, occurredAt }: Timed): string {
  return UUID_V7.test(id) ? timeOfId(id).toISOString() : occurredAt;
}

/** Sorts by id, as the ledger sorts its lists. */
export function inOrder<Event extends Timed>(events: Iterable<Event>, order: 'asc' | 'desc'): Event[] {
  const sign = order === 'asc' ? 1 : -1;
  return [...events].sort((one, other) => (one.id < other.id ? -sign : sign));
}
