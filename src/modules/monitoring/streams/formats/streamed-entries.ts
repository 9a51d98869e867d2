import { buildOwnEvent } from '../../../../audit/plain.js';
import type { LedgerEvent } from '../../query/ledger-event.js';
import type { GapRecord, StreamBatch } from '../stream-destination.js';
import type { StreamedLedgerEvent } from './format-source.js';

/** The event type of what takes the place of a parked event. */
export const GAP_TYPE = 'audit_stream_gap';

/** The events of a batch, and an event for each of its gaps, in the order of their places. */
export function entriesOf({ events, gaps }: StreamBatch): readonly StreamedLedgerEvent[] {
  // The runner makes them of events of the ledger.
  const sent = events.map((each) => ({ ...each, event: each.event as unknown as LedgerEvent }));
  if (gaps.length === 0) return sent;
  return [...sent, ...gaps.map(entryOfGap)].toSorted((one, other) => one.index - other.index);
}

/** Its id differs from the parked event's, which the destination may take later. Its bytes depend only on the gap. */
function entryOfGap({ index, id: parked, leafHash, reason, parkedAt, note }: GapRecord): StreamedLedgerEvent {
  const id = `${parked}-gap`;
  const built = buildOwnEvent(GAP_TYPE, {
    outcome: 'failure',
    severity: 'warning',
    actor: { type: 'system' },
    resource: { type: 'audit_event', id: parked },
    reason,
  });
  const event: LedgerEvent = {
    ...built,
    id,
    occurredAt: parkedAt,
    type: GAP_TYPE,
    category: 'audit_access',
    details: { note }, // as it was signed
  };
  return { index, id, event, leafHash };
}
