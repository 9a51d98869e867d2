import { buildOwnEvent, type AuditInput } from '../../../audit/nest-free.js';
import type { LedgerEvent } from '../../../monitoring/read/query/ledger-event.js';
import { timeOfId } from '../../../monitoring/store/id-time.js';
import type { GapRecord, RetiredRecord, StreamBatch, StreamedEvent } from '../stream-destination.js';

/** The type of the event that replaces a parked event. */
export const GAP_TYPE = 'audit_stream_gap';

/** The type of the event that replaces retired events. */
export const RETIRED_TYPE = 'audit_stream_retired';

/** Returns the events of a batch, with an event for each gap and each retired record, by ascending sequence number. */
export function entriesOf({ events, gaps, retired = [] }: StreamBatch): readonly StreamedEvent[] {
  if (gaps.length + retired.length === 0) return events;
  return [...events, ...gaps.map(entryOfGap), ...retired.map(entryOfRetired)].toSorted(
    (one, other) => one.index - other.index,
  );
}

/** The gap's id differs from the parked event's id, because the destination may accept the parked event later. */
function entryOfGap({ index, id: parked, leafHash, reason, parkedAt, note }: GapRecord): StreamedEvent {
  const id = `${parked}-gap`;
  const event = eventAbout(GAP_TYPE, parked, { outcome: 'failure', severity: 'warning', reason });
  return { index, id, event: { ...event, id, occurredAt: parkedAt, details: { note } }, leafHash };
}

function entryOfRetired({ first, last, retirement, event: announcement, note }: RetiredRecord): StreamedEvent {
  const id = `${retirement}-retired-${first}`;
  const event = eventAbout(RETIRED_TYPE, announcement, { outcome: 'success', severity: 'info' });
  const [occurredAt, details] = [timeOfId(announcement).toISOString(), { first, last, retirement, note }];
  return { index: first, id, event: { ...event, id, occurredAt, details }, leafHash: '' };
}

function eventAbout(type: string, about: string, input: AuditInput): LedgerEvent {
  const [actor, resource] = [{ type: 'system' } as const, { type: 'audit_event', id: about }];
  return { ...buildOwnEvent(type, { ...input, actor, resource }), type, category: 'audit_access' };
}
