import { describe, expect, it } from '@jest/globals';
import { mapped, ORIGIN, type EventFields } from '../../../../../test/support/ocsf-events.js';
import { holdAgainstOcsf } from '../../../../../test/support/ocsf-schema.js';
import { sampleEvent } from '../../../../../test/support/sample-event.js';
import { Catalogue, OUTCOMES, type AuditOutcome } from '../../../../audit/nest-free.js';

const catalogue = new Catalogue();
const ADMIN = { type: 'admin', id: 'a-1', name: 'Root', sessionId: 's-1' } as const;

function toOcsf(name: string, fields: EventFields = {}, outcome?: AuditOutcome): Readonly<Record<string, unknown>> {
  const { type, action, category, outcome: meant } = catalogue.resolve(name, outcome);
  const event = mapped({ type, action, category, outcome: meant, resource: undefined, details: {}, ...fields });
  expect(holdAgainstOcsf(event).problems).toEqual([]);
  return event;
}

describe('the class and activity in OCSF', () => {
  it.each([
    ['user_login', 'authentication', 3002, 1],
    ['mfa_challenge', 'authentication', 3002, 6],
    ['user_password_change', 'authentication', 3001, 3],
    ['user_profile_update', 'user_management', 3001, 99],
    ['session_role_assignment', 'custom', 3003, 1],
    ['access', 'authorization', 6003, 99],
    ['role_creation', 'authorization', 3004, 1],
    ['role_revocation', 'authorization', 3005, 2],
    ['order_creation', 'order', 3004, 1],
    ['payment_refund', 'payment', 3004, 3],
    ['system_start', 'system', 6002, 3],
    ['application_restart', 'custom', 6002, 5],
    ['operation', 'system', 6003, 99],
    ['session_provider_access', 'session', 6003, 2],
    ['data_deletion', 'data_access', 6005, 7],
    ['file_upload', 'file', 6006, 1],
    ['file_import', 'data_sync', 6006, 1],
    ['invoice_sharing', 'file', 6006, 12],
    ['invoice_export', 'custom', 6003, 2],
    ['booking_canceled', 'order', 3004, 3],
    ['role_granted', 'authorization', 3005, 1],
    ['audit_log_exported', 'audit_access', 6003, 2],
  ])('of %s in %s are class %i, activity %i', (action, category, classUid, activityId) => {
    expect(mapped({ action, category })).toMatchObject({
      class_uid: classUid,
      category_uid: Math.floor(classUid / 1_000),
      activity_id: activityId,
      type_uid: classUid * 100 + activityId,
    });
  });

  it('of an access follow from its purpose', () => {
    const activities = ['create', 'Read', 'write', 'delete', 'approve', 7, undefined].map((requested) => {
      const {
        class_uid: uid,
        activity_id: id,
        activity_name: name,
        api,
      } = toOcsf('access_granted', {
        details: requested === undefined ? {} : { action: requested },
      });
      expect([uid, api]).toEqual([6003, { operation: 'access', service: { name: ORIGIN } }]);
      return name ?? id;
    });
    expect(activities).toEqual([1, 2, 3, 4, 'access', 'access', 'access']);
  });
});

describe('the result in OCSF', () => {
  it('is the caption of its number, or the outcome without a number', () => {
    const statuses = OUTCOMES.map((outcome) => {
      const { status_id: id, status } = toOcsf('order_creation', {}, outcome);
      return [outcome, id, status];
    });
    expect(statuses.sort()).toEqual([
      ['attempted', 99, 'attempted'],
      ['denied', 2, 'Failure'],
      ['failure', 2, 'Failure'],
      ['partial', 99, 'partial'],
      ['success', 1, 'Success'],
    ]);
  });

  it('distinguishes denials of a control from failures and from allowed requests', () => {
    const denied = { action_id: 2, action: 'Denied', disposition_id: 2, disposition: 'Blocked', status_id: 2 };
    const allowed = { action_id: 1, action: 'Allowed', disposition_id: 1, disposition: 'Allowed', status_id: 1 };
    expect(toOcsf('access_denied')).toMatchObject({ ...denied, metadata: { profiles: ['security_control'] } });
    expect(toOcsf('access_granted')).toMatchObject({ ...allowed, metadata: { profiles: ['security_control'] } });
    expect(toOcsf('rate_limit_check_denied')).toMatchObject(denied);
    expect(toOcsf('order_creation', {}, 'denied')).toMatchObject(denied);
    expect(toOcsf('system_start', {}, 'denied')).toMatchObject({
      metadata: { profiles: ['host', 'security_control'] },
    });
    expect(toOcsf('user_login_failed')).not.toHaveProperty('action_id');
    expect(toOcsf('user_login_failed').metadata).not.toHaveProperty('profiles');
  });
});

describe('the user in OCSF', () => {
  const target = { targetUserId: 'u-9' };
  it.each([
    ['role_assigned', { details: { ...target, assignedBy: 'a-1' } }, { uid: 'u-9' }],
    ['role_assigned', { resource: { type: 'user', id: 'u-9' } }, { uid: 'u-9' }],
    ['role_assigned', { resource: { type: 'User', id: 'u-9' }, details: { userId: 'u-8' } }, { uid: 'u-9' }],
    ['role_revoked', { details: { userId: 9 } }, { uid: '9' }],
    ['role_assigned', { details: { assignedBy: 'a-1' } }, { name: 'unknown' }],
    ['role_assigned', { actor: { type: 'user', id: 'u-1' } }, { name: 'unknown' }],
    ['permission_changed', { details: { changedBy: 'a-1', ...target } }, { uid: 'u-9' }],
    [
      'admin_user_created',
      { details: { userEmail: 'x@example.com' } },
      { name: 'x@example.com', email_addr: 'x@example.com' },
    ],
    ['admin_user_suspended', {}, { name: 'unknown' }],
    ['user_deleted', { actor: { type: 'user', id: 'u-1' } }, { name: 'unknown' }],
    ['user_password_changed', {}, { name: 'unknown' }],
    ['user_password_changed', { details: { initiatedBy: 'user' } }, { uid: 'a-1', name: 'Root', type_id: 2 }],
    ['user_password_changed', { actor: { type: 'user', id: 'u-1' } }, { uid: 'u-1', type_id: 1 }],
    [
      'user_password_changed',
      { actor: { type: 'user', id: 'u-1' }, details: { initiatedBy: 'admin' } },
      { name: 'unknown' },
    ],
    [
      'user_password_changed',
      { actor: { type: 'user', id: 'u-1' }, details: { method: 'admin_reset' } },
      { name: 'unknown' },
    ],
    ['user_login_success', {}, { uid: 'a-1', name: 'Root', type_id: 2 }],
    ['user_login_failed', { actor: { type: 'anonymous' }, details: { username: 'ada' } }, { name: 'ada', type_id: 0 }],
    ['session_revoked', { details: { sessionId: 's-9', revokedBy: 'admin' } }, { name: 'unknown' }],
    ['session_revoked', { actor: { type: 'user', id: 'u-1' } }, { uid: 'u-1', type_id: 1 }],
    ['user_token_rotation_succeeded', { details: { userId: 'u-9', triggeredBy: 'a-1' } }, { uid: 'u-9' }],
    ['global_token_rotation_succeeded', { actor: { type: 'user', id: 'u-1' } }, { name: 'unknown' }],
  ] as const)('of %s with %j is %j', (name, fields, user) => {
    expect(toOcsf(name, { actor: ADMIN, ...fields }).user).toEqual(user);
  });

  it('is separate from the actor', () => {
    const event = toOcsf('role_assigned', { actor: ADMIN, details: { targetUserId: 'u-9', roleName: 'editor' } });
    expect(event).toMatchObject({ actor: { user: { uid: 'a-1', name: 'Root', type_id: 2 } }, user: { uid: 'u-9' } });
  });
});

describe('the privileges in OCSF', () => {
  const [read, write] = ['orders:read', 'orders:write'];
  it.each([
    ['permission_changed', { oldPermissions: [read], newPermissions: [read, write] }, [read, write]],
    ['permission_changed', { oldPermissions: [read], newPermissions: [] }, [read]],
    ['permission_change_attempted', { requestedPermissions: [write] }, [write]],
    ['permission_changed', { permissions: [write], roleName: 'editor' }, [write]],
    ['permission_changed', { permission: write }, [write]],
    ['role_assigned', { roleName: 'editor' }, ['editor']],
    ['role_assigned', { roles: ['editor', 'author'] }, ['editor', 'author']],
    ['role_assignment_failed', { reason: 'x' }, ['unknown']],
    ['session_role_assignment', { roles: ['admin'], sessionId: 's-9' }, ['admin']],
  ] as const)('of %s with %j are %j', (name, details, privileges) => {
    expect(toOcsf(name, { details }).privileges).toEqual(privileges);
  });

  it('give access to the resource if that is not an account', () => {
    const onStore = toOcsf('role_assigned', { resource: { type: 'store', id: 'st-1' } });
    expect(onStore.resources).toEqual([{ type: 'store', uid: 'st-1', name: 'store' }]);
    expect(toOcsf('role_assigned', { resource: { type: 'user', id: 'u-9' } })).not.toHaveProperty('resources');
  });
});

describe('the details in OCSF', () => {
  it('state whether a second factor was used, and the session', () => {
    expect(toOcsf('user_login_success', { details: { mfa: true } })).toMatchObject({
      ...{ is_mfa: true, session: { uid: 's-1' } },
    });
    expect(toOcsf('user_login_success', { details: { mfa: false, method: 'mfa' } })).toMatchObject({ is_mfa: false });
    expect(toOcsf('user_login_success', { details: { method: 'mfa' } })).toMatchObject({ is_mfa: true });
    expect(toOcsf('mfa_challenge_success')).toMatchObject({ is_mfa: true });
    expect(toOcsf('user_login_success', { details: { method: 'password' } })).not.toHaveProperty('is_mfa');
    const revoked = { actor: ADMIN, details: { sessionId: 's-9', revokedBy: 'admin' } };
    expect(toOcsf('session_revoked', revoked)).toMatchObject({ session: { uid: 's-9' } });
    expect(toOcsf('all_sessions_revoked', { actor: ADMIN })).not.toHaveProperty('session');
    expect(toOcsf('session_revoked', { resource: { type: 'session', id: 's-8' } })).toMatchObject({
      session: { uid: 's-8' },
    });
  });

  it('describe the file', () => {
    const details = { fileName: 'a.pdf', fileSize: 12, mimeType: 'application/pdf' };
    const file = { name: 'a.pdf', type_id: 1, uid: 'f-1', size: 12, mime_type: 'application/pdf' };
    expect(toOcsf('file_uploaded', { resource: { type: 'document', id: 'f-1' }, details }).file).toEqual(file);
    expect(toOcsf('file_deleted', { resource: { type: 'file', id: 'f-1' } }).file).toMatchObject({ name: 'f-1' });
    expect(toOcsf('file_deleted').file).toEqual({ name: 'unknown', type_id: 1 });
    const imported = { resource: { type: 'provider', id: 'p-1' }, details: { fileName: 'bank.csv' } };
    expect(toOcsf('file_import_succeeded', imported).file).toEqual({ name: 'bank.csv', type_id: 1 });
  });

  it('describe the started application, and leave other attributes unmapped', () => {
    const { app, actor, metadata, unmapped, ...others } = toOcsf('system_started', { details: { version: '2.1.0' } });
    expect(app).toEqual({ name: ORIGIN, version: '2.1.0' });
    expect(actor).toMatchObject({ user: { uid: 'u-1' } });
    expect(metadata).toMatchObject({ profiles: ['host'] });
    expect(unmapped).toMatchObject({ ip: '203.0.113.7', userAgent: 'jest', statusCode: 201 });
    for (const name of ['http_request', 'http_response', 'src_endpoint']) expect(others).not.toHaveProperty([name]);
  });

  it('name the resource of an access', () => {
    const resources = [{ name: 'invoices' }];
    expect(toOcsf('access_denied', { details: { resource: 'invoices', action: 'read' } })).toMatchObject({ resources });
    const resource = { type: 'invoice', id: 'i-1' };
    expect(toOcsf('access_denied', { resource, details: { resource: 'invoices' } })).toMatchObject({
      resources: [{ type: 'invoice', uid: 'i-1' }],
    });
  });
});

describe('the request in OCSF', () => {
  const { request } = sampleEvent();
  it.each(['/orders', '/', '/health/live', '/a-b_c.d~e'])('has %s as its path', (route) => {
    expect(mapped({ request: { ...request, route } })).toMatchObject({ http_request: { url: { path: route } } });
  });

  it.each(['/orders/:id', '/files/*path', '/a{/b}', '/a(b|c)', '/x?', 'chat.send', ''])(
    'has no path for %s',
    (route) => {
      const event = mapped({ request: { ...request, route } });
      expect(event.http_request).not.toHaveProperty('url');
      expect(event.unmapped).toMatchObject({ route });
    },
  );

  it('has the actor, the address and the result, and leaves other fields unmapped', () => {
    expect(mapped({ severity: 'critical', outcome: 'denied' })).toMatchObject({
      severity_id: 5,
      status_id: 2,
      status_detail: 'because',
      status_code: 'E1',
      time: Date.parse('2026-11-20T08:00:00.123Z'),
      timezone_offset: 0,
      actor: { user: { uid: 'u-1', name: 'Ada', type_id: 1 }, session: { uid: 's-1' } },
      src_endpoint: { ip: '203.0.113.7' },
      metadata: { version: '1.8.0', sequence: 7, tenant_uid: 'acme', transformation_info_list: [{ uid: '3' }] },
      unmapped: { onBehalfOf: { id: 'u-2' }, changes: { after: { a: 2 } }, metadata: { key: 'value' } },
    });
  });
});
