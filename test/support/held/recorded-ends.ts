import type { AuditEvent } from '../../../src/audit/index.js';

/** The events that tell how answers ended, without those that say that one began. */
export function recordedEnds(events: readonly AuditEvent[]): readonly AuditEvent[] {
  return events.filter(({ reason }) => reason !== 'answer_begun');
}
