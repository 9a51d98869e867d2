import { buildOwnEvent } from '../../../audit/plain.js';
import type { LedgerEvent } from '../../monitoring/query/ledger-event.js';
import { timeOfId } from '../../monitoring/store/id-time.js';
import type { GapRecord, RetiredRecord, StreamBatch, StreamedEvent } from '../stream-destination.js';

/** The type of the event that takes the place of a parked event. */
export const GAP_TYPE = 'audit_stream_gap';

/** The type of the event that names places whose events were retired before the stream read them. */
export const RETIRED_TYPE = 'audit_stream_retired';

/** The events of a batch, and an event for each gap and each record of retired places, in the order of their places. */
export function entriesOf({ events, gaps, retired = [] }: StreamBatch): readonly StreamedEvent[] {
  if (gaps.length + retired.length === 0) return events;
  return [...events, ...gaps.map(entryOfGap), ...retired.map(entryOfRetired)].toSorted(
    (one, other) => one.index - other.index,
  );
}

/**
 * The event that stands for a gap. Its id differs from the parked event's, which the destination may accept later. Its bytes depend only on
 * the gap.
 */
function entryOfGap({ index, id: parked, leafHash, reason, parkedAt, note }: GapRecord): StreamedEvent {
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

/** The event that stands for retired places. It has the first of these places, and names no leaf: the ledger has the leaves. */
function entryOfRetired({ first, last, retirement, event: announcement, note }: RetiredRecord): StreamedEvent {
  const id = `${retirement}-retired-${first}`;
  const built = buildOwnEvent(RETIRED_TYPE, {
    outcome: 'success',
    severity: 'info',
    actor: { type: 'system' },
    resource: { type: 'audit_event', id: announcement },
  });
  const event: LedgerEvent = {
    ...built,
    id,
    occurredAt: timeOfId(announcement).toISOString(),
    type: RETIRED_TYPE,
    category: 'audit_access',
    details: { first, last, retirement, note }, // as it was signed
  };
  return { index: first, id, event, leafHash: '' };
}
