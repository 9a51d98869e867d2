import { describe, expect, it } from '@jest/globals';
import type { AuditEvent } from '../../../audit/index.js';
import { timelineRowOf } from './timeline-row.js';

const ORDER_ID = '0195b7a4-6d1e-7c3a-9f00-0123456789ab';
const withoutResource: AuditEvent = {
  id: '0195b7a4-6d1e-7c3a-9f00-000000000001',
  schemaVersion: 2,
  occurredAt: '2026-01-02T03:04:05.678Z',
  type: 'order_canceled',
  action: 'order_cancellation',
  outcome: 'success',
  category: 'order',
  severity: 'info',
  actor: { type: 'user', id: 'somebody' },
  details: { reason: 'by mistake' },
  metadata: {},
};
const event: AuditEvent = { ...withoutResource, resource: { type: 'order', id: ORDER_ID } };

describe('timelineRowOf', () => {
  it('keeps the order, the time, the actor and the details', () => {
    expect(timelineRowOf(event)).toEqual([
      event.id,
      ORDER_ID,
      event.occurredAt,
      'order_canceled',
      'success',
      'user',
      'somebody',
      'by mistake',
      '{"reason":"by mistake"}',
    ]);
  });

  it('takes the reason of the event before that of the details', () => {
    expect(timelineRowOf({ ...event, reason: 'order_is_shipped' })?.[7]).toBe('order_is_shipped');
  });

  it('has no reason and no actor id where the event says none', () => {
    const row = timelineRowOf({ ...event, actor: { type: 'anonymous' }, details: {} });
    expect(row?.slice(5)).toEqual(['anonymous', null, null, '{}']);
  });

  it.each([
    ['no resource', undefined],
    ['an order without an id', { type: 'order' }],
    ['an id that is not a UUID', { type: 'order', id: '42' }],
    ['a resource that is not an order', { type: 'payment', id: ORDER_ID }],
  ])('skips an event with %s', (_what, resource) => {
    expect(timelineRowOf(resource ? { ...event, resource } : withoutResource)).toBeUndefined();
  });
});
