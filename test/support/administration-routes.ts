/** Who and what the rows speak of, all of it there before the first row is driven. */
export interface AdministrationWorld {
  readonly storeId: string;
  /** A member of the store, with the role `cashier`. */
  readonly memberId: string;
  /** Nobody's account. */
  readonly unknownId: string;
  readonly adminId: string;
  readonly userId: string;
}

/** What is compared of an event; its outcome follows from its type, and the reason of most refusals from the status. */
interface ExpectedEvent {
  readonly reason?: string;
  readonly details?: Readonly<Record<string, unknown>>;
  /** Before and after. */
  readonly changes?: readonly [before: unknown, after: unknown];
}

/** One call of a route, and the events that it makes by type, in any order. `:storeId` and the like are the world's. */
type Row = readonly [
  as: 'admin' | 'user' | 'nobody',
  path: string,
  status: number,
  body: object | null,
  resource: string,
  events: Readonly<Record<string, ExpectedEvent>>,
];

const REASONS: Readonly<Record<number, string>> = { 400: 'validation', 401: 'token_missing', 403: 'missing_role' };

/** The routes of administration and of one's own account that change state, in the order in which rows build on others. */
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
  ['PUT /admin/users/:id/roles/:role', [
    ['admin', '/admin/users/:userId/roles/auditor', 200, null, 'user :userId',
      { role_assigned: { details: { roleName: 'auditor' }, changes: [{ roles: ['user'] }, { roles: ['user', 'auditor'] }] } }],
    ['admin', '/admin/users/:userId/roles/auditor', 409, null, 'user :userId',
      { role_assignment_failed: { reason: 'already_assigned', details: { roleName: 'auditor' } } }],
    ['admin', '/admin/users/:unknownId/roles/auditor', 404, null, 'user :unknownId',
      { role_assignment_failed: { reason: 'user_not_found', details: { roleName: 'auditor' } } }],
    ['admin', '/admin/users/:userId/roles/emperor', 400, null, 'user :userId', { role_assignment_failed: { details: { roleName: 'emperor' } } }],
    ['user', '/admin/users/:userId/roles/admin', 403, null, 'user :userId', { role_assignment_denied: { details: { roleName: 'admin' } } }],
  ]],
  ['DELETE /admin/users/:id/roles/:role', [
    ['admin', '/admin/users/:userId/roles/auditor', 200, null, 'user :userId',
      { role_revoked: { details: { roleName: 'auditor' }, changes: [{ roles: ['user', 'auditor'] }, { roles: ['user'] }] } }],
    ['admin', '/admin/users/:userId/roles/auditor', 409, null, 'user :userId',
      { role_revocation_failed: { reason: 'not_assigned', details: { roleName: 'auditor' } } }],
    ['admin', '/admin/users/:adminId/roles/admin', 409, null, 'user :adminId',
      { role_revocation_failed: { reason: 'last_admin_role', details: { roleName: 'admin' } } }],
    ['user', '/admin/users/:userId/roles/auditor', 403, null, 'user :userId', { role_revocation_denied: { details: { roleName: 'auditor' } } }],
  ]],
  ['PUT /admin/settings/:key', [
    ['admin', '/admin/settings/orders.max_items', 200, { value: 50 }, 'setting orders.max_items',
      { settings_changed: { changes: [{ 'orders.max_items': null }, { 'orders.max_items': 50 }] } }],
    ['admin', '/admin/settings/smtp.password', 200, { value: 'correct horse' }, 'setting smtp.password',
      { settings_changed: { changes: [{ 'smtp.password': null }, { 'smtp.password': '[REDACTED]' }] } }],
    ['admin', '/admin/settings/smtp.password', 200, { value: 'battery staple' }, 'setting smtp.password',
      { settings_changed: { changes: [{ 'smtp.password': '[REDACTED]' }, { 'smtp.password': '[REDACTED]' }] } }],
    ['admin', '/admin/settings/orders.max_items', 400, { value: [50] }, 'setting orders.max_items', { settings_change_failed: {} }],
    ['user', '/admin/settings/orders.max_items', 403, { value: 50 }, 'setting orders.max_items', { settings_change_denied: {} }],
  ]],
  ['PUT /admin/features/:name', [
    ['admin', '/admin/features/gift_cards', 200, { enabled: true }, 'feature gift_cards',
      { feature_enabled: { changes: [{ enabled: null }, { enabled: true }] } }],
    ['admin', '/admin/features/gift_cards', 200, { enabled: false }, 'feature gift_cards',
      { feature_disabled: { changes: [{ enabled: true }, { enabled: false }] } }],
    ['admin', '/admin/features/gift_cards', 400, { enabled: 'yes' }, 'feature gift_cards', { feature_enablement_failed: {} }],
    ['admin', '/admin/features/Gift%20Cards', 400, { enabled: false }, 'feature Gift Cards', { feature_disablement_failed: {} }],
    ['user', '/admin/features/gift_cards', 403, { enabled: true }, 'feature gift_cards', { feature_enablement_denied: {} }],
    ['user', '/admin/features/gift_cards', 403, { enabled: false }, 'feature gift_cards', { feature_disablement_denied: {} }],
  ]],
  ['PUT /admin/maintenance', [
    ['admin', '/admin/maintenance', 200, { enabled: true, message: 'Back at noon' }, 'application',
      { maintenance_mode_enabled: { details: { message: 'Back at noon' }, changes: [{ enabled: false, message: null }, { enabled: true, message: 'Back at noon' }] } }],
  ]],
  ['POST /me/terms', [
    ['user', '/me/terms', 503, { version: '2026-01' }, 'user :userId',
      { terms_acceptance_denied: { reason: 'maintenance_mode', details: { version: '2026-01' } } }],
  ]],
  ['PUT /admin/maintenance', [
    ['admin', '/admin/maintenance', 200, { enabled: false }, 'application',
      { maintenance_mode_disabled: { changes: [{ enabled: true, message: 'Back at noon' }, { enabled: false, message: null }] } }],
    ['admin', '/admin/maintenance', 400, { enabled: 1 }, 'application', { maintenance_mode_enablement_failed: {} }],
    ['admin', '/admin/maintenance', 400, { enabled: false, message: '' }, 'application',
      { maintenance_mode_disablement_failed: { details: { message: '' } } }],
    ['user', '/admin/maintenance', 403, { enabled: true, message: 'Back at noon' }, 'application',
      { maintenance_mode_enablement_denied: { details: { message: 'Back at noon' } } }],
    ['user', '/admin/maintenance', 403, { enabled: false }, 'application', { maintenance_mode_disablement_denied: {} }],
  ]],
  ['POST /me/terms', [
    ['user', '/me/terms', 200, { version: '2026-01' }, 'user :userId', { terms_accepted: { details: { version: '2026-01' } } }],
    ['user', '/me/terms', 400, { version: '' }, 'user :userId', { terms_acceptance_failed: { details: { version: '' } } }],
    ['nobody', '/me/terms', 401, { version: '2026-01' }, 'user', { terms_acceptance_denied: { details: { version: '2026-01' } } }],
  ]],
  ['POST /me/privacy-policy', [
    ['user', '/me/privacy-policy', 200, { version: '3' }, 'user :userId', { privacy_policy_accepted: { details: { version: '3' } } }],
    ['user', '/me/privacy-policy', 400, {}, 'user :userId', { privacy_policy_acceptance_failed: {} }],
    ['nobody', '/me/privacy-policy', 401, { version: '3' }, 'user', { privacy_policy_acceptance_denied: { details: { version: '3' } } }],
  ]],
  ['POST /me/data-export', [
    ['user', '/me/data-export', 200, null, 'user :userId',
      { gdpr_data_export: { details: { exportFormat: 'json', exportReason: 'user_request', dataScope: ['acceptances', 'account', 'auditLedger', 'memberships', 'orders'] } }, data_exported: { details: { exportFormat: 'json', exportReason: 'user_request', dataScope: ['acceptances', 'account', 'auditLedger', 'memberships', 'orders'] } } }],
    ['user', '/me/data-export', 400, { format: 'pdf' }, 'user :userId',
      { gdpr_data_export_failed: { details: { exportFormat: 'pdf' } }, data_export_failed: { details: { exportFormat: 'pdf' } } }],
    ['nobody', '/me/data-export', 401, null, 'user', { gdpr_data_export_denied: {}, data_export_denied: {} }],
  ]],
  ['DELETE /me', [
    ['admin', '/me', 409, null, 'user :adminId',
      { gdpr_data_deletion_failed: { reason: 'last_admin_role', details: { dataScope: ['acceptances', 'account', 'auditLedger', 'memberships', 'orders'] } } }],
    ['nobody', '/me', 401, null, 'user', { gdpr_data_deletion_denied: {} }],
    ['user', '/me', 204, null, 'user :userId',
      { gdpr_data_deleted: { details: { dataScope: ['acceptances', 'account', 'auditLedger', 'memberships', 'orders'] } } }],
  ]],
]; // prettier-ignore

/** Each call, and what its events are. */
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
