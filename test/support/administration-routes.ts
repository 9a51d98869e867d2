import { PASSWORD } from './auth-scene.js';
import { ADMIN } from './reference-app.js';

/** The table omits an outcome, which the type determines, and most refusals' reasons, which the status determines. */
interface ExpectedEvent {
  readonly reason?: string;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly changes?: readonly [before: unknown, after: unknown];
}

/** The events may come in any order. `:storeId` and similar names are ids of the test world. */
type Row = readonly [
  as: 'admin' | 'user' | 'nobody',
  path: string,
  status: number,
  body: object | null,
  resource: string,
  events: Readonly<Record<string, ExpectedEvent>>,
];

const REASONS: Readonly<Record<number, string>> = { 400: 'validation', 401: 'token_missing', 403: 'missing_role' };

/** Rows must keep their order: later rows use what earlier rows made. */
const TABLE: readonly (readonly [route: string, rows: readonly Row[]])[] = [
  ['PUT /admin/stores/:id/roles/:role/permissions', [
    ['admin', '/admin/stores/:storeId/roles/cashier/permissions', 200, { permissions: ['orders:refund', 'orders:read'] }, 'role cashier',
      { permission_changed: { details: { oldPermissions: [], newPermissions: ['orders:read', 'orders:refund'] }, changes: [{ permissions: [] }, { permissions: ['orders:read', 'orders:refund'] }] } }],
    ['admin', '/admin/stores/:storeId/roles/cashier/permissions', 200, { permissions: [] }, 'role cashier',
      { permission_changed: { details: { oldPermissions: ['orders:read', 'orders:refund'], newPermissions: [] }, changes: [{ permissions: ['orders:read', 'orders:refund'] }, { permissions: [] }] } }],
    ['admin', '/admin/stores/:storeId/roles/cashier/permissions', 400, { permissions: ['everything'] }, 'role cashier',
      { permission_change_failed: {} }],
    ['admin', '/admin/stores/:unknownId/roles/cashier/permissions', 404, { permissions: [] }, 'role cashier',
      { permission_change_failed: { reason: 'store_not_found' } }],
    ['user', '/admin/stores/:storeId/roles/cashier/permissions', 403, { permissions: [] }, 'role cashier', { permission_change_denied: {} }],
  ]],
  ['DELETE /admin/stores/:id/members/:userId', [
    ['user', '/admin/stores/:storeId/members/:memberId', 403, null, 'user :memberId',
      { role_revocation_denied: { details: { storeId: ':storeId' } } }],
    ['admin', '/admin/stores/:storeId/members/:memberId', 204, null, 'user :memberId',
      { role_revoked: { details: { storeId: ':storeId', roleName: 'cashier' }, changes: [{ role: 'cashier' }, { role: null }] } }],
    ['admin', '/admin/stores/:storeId/members/:memberId', 404, null, 'user :memberId',
      { role_revocation_failed: { reason: 'member_not_found', details: { storeId: ':storeId' } } }],
  ]],
  ['POST /me/data-export', [
    ['user', '/me/data-export', 200, null, 'user :userId',
      { gdpr_data_export: { details: { exportFormat: 'json', exportReason: 'user_request', dataScope: ['account', 'auditLedger', 'memberships', 'orders'] } }, data_exported: { details: { exportFormat: 'json', exportReason: 'user_request', dataScope: ['account', 'auditLedger', 'memberships', 'orders'] } } }],
    ['user', '/me/data-export', 400, { format: 'pdf' }, 'user :userId',
      { gdpr_data_export_failed: { details: { exportFormat: 'pdf' } }, data_export_failed: { details: { exportFormat: 'pdf' } } }],
    ['nobody', '/me/data-export', 401, null, 'user', { gdpr_data_export_denied: {}, data_export_denied: {} }],
  ]],
  ['DELETE /me', [
    ['admin', '/me', 409, { password: ADMIN.password }, 'user :adminId',
      { gdpr_data_deletion_failed: { reason: 'last_admin_role', details: { dataScope: ['account', 'auditLedger', 'memberships', 'orders'] } } }],
    ['nobody', '/me', 401, null, 'user', { gdpr_data_deletion_denied: {} }],
    ['user', '/me', 400, { password: 'not the password' }, 'user :userId',
      { gdpr_data_deletion_failed: { reason: 'wrong_password', details: { attempts: 1, dataScope: ['account', 'auditLedger', 'memberships', 'orders'] } } }],
    ['user', '/me', 204, { password: PASSWORD }, 'user :userId',
      { gdpr_data_deleted: { details: { dataScope: ['account', 'auditLedger', 'memberships', 'orders'] } } }],
  ]],
]; // prettier-ignore

export const ADMINISTRATION_ROUTES = TABLE.flatMap(([route, rows]) =>
  rows.map(([as, path, status, body, resource, events]) => {
    const [type = '', ...id] = resource.split(/ (.*)/s).filter(Boolean);
    const expected = Object.entries(events).map(([name, { reason = REASONS[status], details = {}, changes }]) => ({
      type: name,
      outcome: name.endsWith('_denied') ? 'denied' : name.endsWith('_failed') ? 'failure' : 'success',
      reason,
      resource: id[0] === undefined ? { type } : { type, id: id[0] },
      details,
      changes,
    }));
    return { route, as, path, status, body: body ?? undefined, case: expected[0]?.outcome, expected };
  }),
);
