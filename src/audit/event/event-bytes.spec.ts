import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ANY_CHARACTER } from '../../../test/support/any-character.js';
import type { AuditEvent } from './audit-event.js';
import { buildEvent } from './build-event.js';
import { measureEvent } from './event-bytes.js';
import { createSecretNameTest } from '../../base/secrets/redact-names.js';

describe('measureEvent', () => {
  it('is close to the length of a usual event as JSON', () => {
    const event = made({ orderNumber: 'ORD-1', itemCount: 3, currency: 'EUR', note: 'Leave it at the door, please.' });
    const exact = jsonBytes(event);
    expect(measureEvent(event)).toBeGreaterThan(exact * 0.7);
    expect(measureEvent(event)).toBeLessThan(exact * 1.3);
  });

  it('is never less than a third of what an event is, whatever it holds', () => {
    fc.assert(
      fc.property(fc.anything(), fc.string({ unit: ANY_CHARACTER }), (details, text) => {
        const event = made({ details, text });
        expect(measureEvent(event) * 3).toBeGreaterThanOrEqual(jsonBytes(event));
      }),
    );
  });
});

function made(details: unknown): AuditEvent {
  return buildEvent({
    id: '0193e4a5-7b3c-7def-8123-456789abcdef',
    occurredAt: new Date(Date.UTC(2026, 0, 1)),
    resolved: { type: 'order_created', action: 'order_creation', outcome: 'success', category: 'order' },
    input: { details, reason: '汉'.repeat(20), resource: { type: 'order', id: 1 } },
    actor: { type: 'user', id: 'u-1', name: 'Jane Roe' },
    tenantId: 't-1',
    request: { id: 'r-1', ip: '203.0.113.9', method: 'POST', route: '/orders', statusCode: 201, durationMs: 1.5 },
    isSecretName: createSecretNameTest(),
  });
}

function jsonBytes(event: AuditEvent): number {
  return Buffer.byteLength(JSON.stringify(event));
}
