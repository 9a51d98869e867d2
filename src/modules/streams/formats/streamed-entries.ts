import { buildOwnEvent, type AuditInput } from '../../../audit/plain.js';
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
  const event = standIn(GAP_TYPE, parked, { outcome: 'failure', severity: 'warning', reason });
  return { index, id, event: { ...event, id, occurredAt: parkedAt, details: { note } }, leafHash };
}

/** The event that stands for retired places. It has the first of these places, and names no leaf: the ledger has the leaves. */
function entryOfRetired({ first, last, retirement, event: announcement, note }: RetiredRecord): StreamedEvent {
  const id = `${retirement}-retired-${first}`;
  const event = standIn(RETIRED_TYPE, announcement, { outcome: 'success', severity: 'info' });
  const [occurredAt, details] = [timeOfId(announcement).toISOString(), { first, last, retirement, note }];
  return { index: first, id, event: { ...event, id, occurredAt, details }, leafHash: '' };
}

/** An event about another one. The caller adds its id, its time, and its details, unchanged as they were signed. */
function standIn(type: string, about: string, said: AuditInput): LedgerEvent {
  const [actor, resource] = [{ type: 'system' } as const, { type: 'audit_event', id: about }];
  return { ...buildOwnEvent(type, { ...said, actor, resource }), type, category: 'audit_access' };
}
