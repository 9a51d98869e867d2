import { describe, expect, it } from '@jest/globals';
import type { AuditEvent } from '../../../audit/index.js';
import { adminLogRowOf } from './admin-log-row.js';

const ofNoRequest: AuditEvent = {
  id: '0195b7a4-6d1e-7c3a-9f00-000000000001',
  schemaVersion: 2,
  occurredAt: '2026-01-02T03:04:05.678Z',
  type: 'role_assigned',
  action: 'role_assignment',
  outcome: 'success',
  category: 'authorization',
  severity: 'info',
  actor: { type: 'admin', id: 'the-admin' },
  details: { roleName: 'cashier' },
  metadata: {},
};
const event: AuditEvent = {
  ...ofNoRequest,
  resource: { type: 'user', id: 'somebody' },
  request: { id: 'request-1', ip: '203.0.113.7', userAgent: 'curl/8' },
};

describe('adminLogRowOf', () => {
  it('keeps who did what to whom, and from where', () => {
    expect(adminLogRowOf(event)).toEqual([
      event.id,
      event.occurredAt,
      'the-admin',
      'role_assignment',
      'success',
      'user',
      'somebody',
      '{"roleName":"cashier"}',
      '203.0.113.7',
      'curl/8',
      'request-1',
    ]);
  });

  it('leaves empty what an event outside of a request does not have', () => {
    expect(adminLogRowOf(ofNoRequest)?.slice(5)).toEqual([null, null, '{"roleName":"cashier"}', null, null, null]);
  });

  it('skips an event whose actor nobody knows', () => {
    expect(adminLogRowOf({ ...event, actor: { type: 'anonymous' } })).toBeUndefined();
  });
});
