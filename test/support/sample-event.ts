import { uuidv7 } from 'uuidv7';
import type { AuditEvent } from '../../src/audit/index.js';
import { createFirstIdAt } from '../../src/monitoring/store/id-time.js';

let counter = 0;

export function sampleEvent(fields: Partial<AuditEvent> = {}): AuditEvent {
  return {
    id: uuidv7(),
    schemaVersion: 2,
    occurredAt: '2026-11-20T08:00:00.123Z',
    type: 'order_created',
    action: 'order_creation',
    outcome: 'success',
    category: 'order',
    severity: 'info',
    actor: { type: 'user', id: 'u-1', name: 'Ada', sessionId: 's-1', onBehalfOf: { type: 'user', id: 'u-2' } },
    tenantId: 'acme',
    resource: { type: 'order', id: 'o-1' },
    request: {
      id: 'r-1',
      ip: '203.0.113.7',
      userAgent: 'jest',
      method: 'POST',
      route: '/orders',
      statusCode: 201,
      durationMs: 12.345,
      traceId: 'ab'.repeat(16),
    },
    changes: { before: { a: 1 }, after: { a: 2 }, diff: [{ path: '/a', from: 1, to: 2 }] },
    reason: 'because',
    error: { name: 'Error', code: 'E1', message: 'it broke' },
    details: { nested: { list: [1, 'zwei', null, true], empty: {} }, text: 'ünïcode 🦉 "quoted" \\ {} , NULL' },
    detailsIssues: [{ path: '/text', message: 'is a text, not a number' }],
    metadata: { key: 'value' },
    ...fields,
  };
}

export function idAt(time: string): string {
  const suffix = (++counter).toString(16).padStart(12, '0');
  return createFirstIdAt(new Date(time)).replace(/0{12}$/, suffix);
}
