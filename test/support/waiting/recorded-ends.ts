import type { AuditEvent } from '../../../src/audit/index.js';

export function recordedEnds(events: readonly AuditEvent[]): readonly AuditEvent[] {
  return events.filter(({ reason }) => reason !== 'response_started');
}
