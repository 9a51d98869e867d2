import type { AuditEvent } from '../../src/audit/index.js';
import { sampleEvent } from './sample-event.js';

export function sampleAlert(matched: readonly string[], { details, ...fields }: Partial<AuditEvent> = {}): AuditEvent {
  const { id, schemaVersion } = sampleEvent();
  return {
    ...{ id, schemaVersion, occurredAt: '2026-11-20T09:00:00.000Z', type: 'alert_raised', action: 'alert_raised' },
    ...{ outcome: 'success', category: 'alert', severity: 'error', actor: { type: 'system' } },
    details: {
      ...{ rule: 'brute_force', title: 'Many failed log-ins', level: 'high', tags: [] },
      ...{ group: { 'details.username': 'ada' }, matched: [...matched], matchedCount: matched.length },
      ...{ firstAt: '2026-11-20T08:55:00.000Z', lastAt: '2026-11-20T09:00:00.000Z' },
      ...details,
    },
    metadata: {},
    ...fields,
  };
}
