import type { AuditOutcome } from '../../src/audit/index.js';

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

/** What is compared of an event. */
interface ExpectedEvent {
  readonly type: string;
  readonly outcome: AuditOutcome;
  readonly reason?: string;
  readonly resource?: { readonly type: string; readonly id?: string };
  readonly details?: Readonly<Record<string, unknown>>;
  /** Before and after. */
  readonly changes?: readonly [before: unknown, after: unknown];
}

/** One call of a route, and the events that it makes, in any order. Rows are driven in order: some build on others. */
export interface RouteCase {
  readonly route: string;
  readonly case: 'success' | 'failure' | 'denied';
  readonly as: 'admin' | 'user' | 'nobody';
  /** The route with its parameters. */
  readonly path: (world: AdministrationWorld) => string;
  readonly body?: object;
  readonly status: number;
  readonly events: (world: AdministrationWorld) => readonly ExpectedEvent[];
}

const user = (id: string) => ({ type: 'user', id });
const missingRole = { outcome: 'denied', reason: 'missing_role' } as const;
const tokenMissing = { outcome: 'denied', reason: 'token_missing' } as const;
const validation = { outcome: 'failure', reason: 'validation' } as const;
const success = { outcome: 'success' } as const;

const MEMBER = 'DELETE /admin/stores/:id/members/:userId';
const PERMISSIONS = 'PUT /admin/stores/:id/roles/:role/permissions';
const GIVE_ROLE = 'PUT /admin/users/:id/roles/:role';
const TAKE_ROLE = 'DELETE /admin/users/:id/roles/:role';
const SETTING = 'PUT /admin/settings/:key';
const FEATURE = 'PUT /admin/features/:name';
const MAINTENANCE = 'PUT /admin/maintenance';
const TERMS = 'POST /me/terms';
const POLICY = 'POST /me/privacy-policy';
const EXPORT = 'POST /me/data-export';
const LEAVE = 'DELETE /me';

const cashier = ({ storeId }: AdministrationWorld) => `/admin/stores/${storeId}/roles/cashier/permissions`;
const auditor = ({ userId }: AdministrationWorld) => `/admin/users/${userId}/roles/auditor`;
const gift = { resource: { type: 'feature', id: 'gift_cards' } } as const;
const application = { resource: { type: 'application' } } as const;
const limit = { resource: { type: 'setting', id: 'orders.max_items' } } as const;
const secret = { resource: { type: 'setting', id: 'smtp.password' } } as const;
const cashierRole = { resource: { type: 'role', id: 'cashier' } } as const;
const on = { enabled: true, message: 'Back at noon' } as const;
const off = { enabled: false, message: null } as const;
const SECTIONS = ['account', 'acceptances', 'auditLedger', 'memberships', 'orders'] as const;
const exported = { exportFormat: 'json', exportReason: 'user_request', dataScope: [...SECTIONS].sort() } as const;

/** The routes of administration and of one's own account that change state: what each records, case by case. */
export const ADMINISTRATION_ROUTES: readonly RouteCase[] = [
  {
    route: PERMISSIONS, case: 'success', as: 'admin', path: cashier, status: 200,
    body: { permissions: ['orders:refund', 'orders:read'] },
    events: () => [{
      type: 'permission_changed', ...success, ...cashierRole,
      details: { oldPermissions: [], newPermissions: ['orders:read', 'orders:refund'] },
      changes: [{ permissions: [] }, { permissions: ['orders:read', 'orders:refund'] }],
    }],
  },
  {
    route: PERMISSIONS, case: 'success', as: 'admin', path: cashier, status: 200, body: { permissions: [] },
    events: () => [{
      type: 'permission_changed', ...success, ...cashierRole,
      details: { oldPermissions: ['orders:read', 'orders:refund'], newPermissions: [] },
      changes: [{ permissions: ['orders:read', 'orders:refund'] }, { permissions: [] }],
    }],
  },
  {
    route: PERMISSIONS, case: 'failure', as: 'admin', path: cashier, status: 400, body: { permissions: ['everything'] },
    events: () => [{
      type: 'permission_change_failed', ...validation, ...cashierRole, details: {},
    }],
  },
  {
    route: PERMISSIONS, case: 'failure', as: 'admin', status: 404, body: { permissions: [] },
    path: ({ unknownId }) => `/admin/stores/${unknownId}/roles/cashier/permissions`,
    events: () => [{
      type: 'permission_change_failed', outcome: 'failure', reason: 'store_not_found', ...cashierRole,
      details: {},
    }],
  },
  {
    route: PERMISSIONS, case: 'denied', as: 'user', path: cashier, status: 403, body: { permissions: [] },
    events: () => [{
      type: 'permission_change_denied', ...missingRole, ...cashierRole, details: {},
    }],
  },
  {
    route: MEMBER, case: 'denied', as: 'user', status: 403,
    path: ({ storeId, memberId }) => `/admin/stores/${storeId}/members/${memberId}`,
    events: ({ storeId, memberId }) => [{
      type: 'role_revocation_denied', ...missingRole, resource: user(memberId), details: { storeId },
    }],
  },
  {
    route: MEMBER, case: 'success', as: 'admin', status: 204,
    path: ({ storeId, memberId }) => `/admin/stores/${storeId}/members/${memberId}`,
    events: ({ storeId, memberId }) => [{
      type: 'role_revoked', ...success, resource: user(memberId), details: { storeId, roleName: 'cashier' },
      changes: [{ role: 'cashier' }, { role: null }],
    }],
  },
  {
    route: MEMBER, case: 'failure', as: 'admin', status: 404,
    path: ({ storeId, memberId }) => `/admin/stores/${storeId}/members/${memberId}`,
    events: ({ storeId, memberId }) => [{
      type: 'role_revocation_failed', outcome: 'failure', reason: 'member_not_found', resource: user(memberId),
      details: { storeId },
    }],
  },
  {
    route: GIVE_ROLE, case: 'success', as: 'admin', path: auditor, status: 200,
    events: ({ userId }) => [{
      type: 'role_assigned', ...success, resource: user(userId), details: { roleName: 'auditor' },
      changes: [{ roles: ['user'] }, { roles: ['user', 'auditor'] }],
    }],
  },
  {
    route: GIVE_ROLE, case: 'failure', as: 'admin', path: auditor, status: 409,
    events: ({ userId }) => [{
      type: 'role_assignment_failed', outcome: 'failure', reason: 'already_assigned', resource: user(userId),
      details: { roleName: 'auditor' },
    }],
  },
  {
    route: GIVE_ROLE, case: 'failure', as: 'admin', status: 404,
    path: ({ unknownId }) => `/admin/users/${unknownId}/roles/auditor`,
    events: ({ unknownId }) => [{
      type: 'role_assignment_failed', outcome: 'failure', reason: 'user_not_found', resource: user(unknownId),
      details: { roleName: 'auditor' },
    }],
  },
  {
    route: GIVE_ROLE, case: 'failure', as: 'admin', status: 400,
    path: ({ userId }) => `/admin/users/${userId}/roles/emperor`,
    events: ({ userId }) => [{
      type: 'role_assignment_failed', ...validation, resource: user(userId), details: { roleName: 'emperor' },
    }],
  },
  {
    route: GIVE_ROLE, case: 'denied', as: 'user', status: 403,
    path: ({ userId }) => `/admin/users/${userId}/roles/admin`,
    events: ({ userId }) => [{
      type: 'role_assignment_denied', ...missingRole, resource: user(userId), details: { roleName: 'admin' },
    }],
  },
  {
    route: TAKE_ROLE, case: 'success', as: 'admin', path: auditor, status: 200,
    events: ({ userId }) => [{
      type: 'role_revoked', ...success, resource: user(userId), details: { roleName: 'auditor' },
      changes: [{ roles: ['user', 'auditor'] }, { roles: ['user'] }],
    }],
  },
  {
    route: TAKE_ROLE, case: 'failure', as: 'admin', path: auditor, status: 409,
    events: ({ userId }) => [{
      type: 'role_revocation_failed', outcome: 'failure', reason: 'not_assigned', resource: user(userId),
      details: { roleName: 'auditor' },
    }],
  },
  {
    route: TAKE_ROLE, case: 'failure', as: 'admin', status: 409,
    path: ({ adminId }) => `/admin/users/${adminId}/roles/admin`,
    events: ({ adminId }) => [{
      type: 'role_revocation_failed', outcome: 'failure', reason: 'last_admin_role', resource: user(adminId),
      details: { roleName: 'admin' },
    }],
  },
  {
    route: TAKE_ROLE, case: 'denied', as: 'user', path: auditor, status: 403,
    events: ({ userId }) => [{
      type: 'role_revocation_denied', ...missingRole, resource: user(userId), details: { roleName: 'auditor' },
    }],
  },
  {
    route: SETTING, case: 'success', as: 'admin', path: () => '/admin/settings/orders.max_items', status: 200,
    body: { value: 50 },
    events: () => [{
      type: 'settings_changed', ...success, ...limit, details: {},
      changes: [{ 'orders.max_items': null }, { 'orders.max_items': 50 }],
    }],
  },
  {
    route: SETTING, case: 'success', as: 'admin', path: () => '/admin/settings/smtp.password', status: 200,
    body: { value: 'correct horse' },
    events: () => [{
      type: 'settings_changed', ...success, ...secret, details: {},
      changes: [{ 'smtp.password': null }, { 'smtp.password': '[REDACTED]' }],
    }],
  },
  {
    route: SETTING, case: 'success', as: 'admin', path: () => '/admin/settings/smtp.password', status: 200,
    body: { value: 'battery staple' },
    events: () => [{
      type: 'settings_changed', ...success, ...secret, details: {},
      changes: [{ 'smtp.password': '[REDACTED]' }, { 'smtp.password': '[REDACTED]' }],
    }],
  },
  {
    route: SETTING, case: 'failure', as: 'admin', path: () => '/admin/settings/orders.max_items', status: 400,
    body: { value: [50] },
    events: () => [{ type: 'settings_change_failed', ...validation, ...limit, details: {} }],
  },
  {
    route: SETTING, case: 'denied', as: 'user', path: () => '/admin/settings/orders.max_items', status: 403,
    body: { value: 50 },
    events: () => [{ type: 'settings_change_denied', ...missingRole, ...limit, details: {} }],
  },
  {
    route: FEATURE, case: 'success', as: 'admin', path: () => '/admin/features/gift_cards', status: 200,
    body: { enabled: true },
    events: () => [{
      type: 'feature_enabled', ...success, ...gift, details: {}, changes: [{ enabled: null }, { enabled: true }],
    }],
  },
  {
    route: FEATURE, case: 'success', as: 'admin', path: () => '/admin/features/gift_cards', status: 200,
    body: { enabled: false },
    events: () => [{
      type: 'feature_disabled', ...success, ...gift, details: {}, changes: [{ enabled: true }, { enabled: false }],
    }],
  },
  {
    route: FEATURE, case: 'failure', as: 'admin', path: () => '/admin/features/gift_cards', status: 400,
    body: { enabled: 'yes' },
    events: () => [{ type: 'feature_enablement_failed', ...validation, ...gift, details: {} }],
  },
  {
    route: FEATURE, case: 'failure', as: 'admin', path: () => '/admin/features/Gift%20Cards', status: 400,
    body: { enabled: false },
    events: () => [{
      type: 'feature_disablement_failed', ...validation, resource: { type: 'feature', id: 'Gift Cards' }, details: {},
    }],
  },
  {
    route: FEATURE, case: 'denied', as: 'user', path: () => '/admin/features/gift_cards', status: 403,
    body: { enabled: true },
    events: () => [{ type: 'feature_enablement_denied', ...missingRole, ...gift, details: {} }],
  },
  {
    route: FEATURE, case: 'denied', as: 'user', path: () => '/admin/features/gift_cards', status: 403,
    body: { enabled: false },
    events: () => [{ type: 'feature_disablement_denied', ...missingRole, ...gift, details: {} }],
  },
  {
    route: MAINTENANCE, case: 'success', as: 'admin', path: () => '/admin/maintenance', status: 200, body: on,
    events: () => [{
      type: 'maintenance_mode_enabled', ...success, ...application, details: { message: on.message },
      changes: [off, on],
    }],
  },
  {
    route: TERMS, case: 'denied', as: 'user', path: () => '/me/terms', status: 503, body: { version: '2026-01' },
    events: ({ userId }) => [{
      type: 'terms_acceptance_denied', outcome: 'denied', reason: 'maintenance_mode', resource: user(userId),
      details: { version: '2026-01' },
    }],
  },
  {
    route: MAINTENANCE, case: 'success', as: 'admin', path: () => '/admin/maintenance', status: 200,
    body: { enabled: false },
    events: () => [{
      type: 'maintenance_mode_disabled', ...success, ...application, details: {}, changes: [on, off],
    }],
  },
  {
    route: MAINTENANCE, case: 'failure', as: 'admin', path: () => '/admin/maintenance', status: 400,
    body: { enabled: 1 },
    events: () => [{ type: 'maintenance_mode_enablement_failed', ...validation, ...application, details: {} }],
  },
  {
    route: MAINTENANCE, case: 'failure', as: 'admin', path: () => '/admin/maintenance', status: 400,
    body: { enabled: false, message: '' },
    events: () => [{
      type: 'maintenance_mode_disablement_failed', ...validation, ...application, details: { message: '' },
    }],
  },
  {
    route: MAINTENANCE, case: 'denied', as: 'user', path: () => '/admin/maintenance', status: 403, body: on,
    events: () => [{
      type: 'maintenance_mode_enablement_denied', ...missingRole, ...application, details: { message: on.message },
    }],
  },
  {
    route: MAINTENANCE, case: 'denied', as: 'user', path: () => '/admin/maintenance', status: 403,
    body: { enabled: false },
    events: () => [{ type: 'maintenance_mode_disablement_denied', ...missingRole, ...application, details: {} }],
  },
  {
    route: TERMS, case: 'success', as: 'user', path: () => '/me/terms', status: 200, body: { version: '2026-01' },
    events: ({ userId }) => [{
      type: 'terms_accepted', ...success, resource: user(userId), details: { version: '2026-01' },
    }],
  },
  {
    route: TERMS, case: 'failure', as: 'user', path: () => '/me/terms', status: 400, body: { version: '' },
    events: ({ userId }) => [{
      type: 'terms_acceptance_failed', ...validation, resource: user(userId), details: { version: '' },
    }],
  },
  {
    route: TERMS, case: 'denied', as: 'nobody', path: () => '/me/terms', status: 401, body: { version: '2026-01' },
    events: () => [{
      type: 'terms_acceptance_denied', ...tokenMissing, resource: { type: 'user' }, details: { version: '2026-01' },
    }],
  },
  {
    route: POLICY, case: 'success', as: 'user', path: () => '/me/privacy-policy', status: 200, body: { version: '3' },
    events: ({ userId }) => [{
      type: 'privacy_policy_accepted', ...success, resource: user(userId), details: { version: '3' },
    }],
  },
  {
    route: POLICY, case: 'failure', as: 'user', path: () => '/me/privacy-policy', status: 400, body: {},
    events: ({ userId }) => [{
      type: 'privacy_policy_acceptance_failed', ...validation, resource: user(userId), details: {},
    }],
  },
  {
    route: POLICY, case: 'denied', as: 'nobody', path: () => '/me/privacy-policy', status: 401, body: { version: '3' },
    events: () => [{
      type: 'privacy_policy_acceptance_denied', ...tokenMissing, resource: { type: 'user' }, details: { version: '3' },
    }],
  },
  {
    route: EXPORT, case: 'success', as: 'user', path: () => '/me/data-export', status: 200,
    events: ({ userId }) => [
      { type: 'gdpr_data_export', ...success, resource: user(userId), details: exported },
      { type: 'data_exported', ...success, resource: user(userId), details: exported },
    ],
  },
  {
    route: EXPORT, case: 'failure', as: 'user', path: () => '/me/data-export', status: 400, body: { format: 'pdf' },
    events: ({ userId }) => [
      {
        type: 'gdpr_data_export_failed', ...validation, resource: user(userId),
        details: { exportFormat: 'pdf' },
      },
      {
        type: 'data_export_failed', ...validation, resource: user(userId),
        details: { exportFormat: 'pdf' },
      },
    ],
  },
  {
    route: EXPORT, case: 'denied', as: 'nobody', path: () => '/me/data-export', status: 401,
    events: () => [
      {
        type: 'gdpr_data_export_denied', ...tokenMissing, resource: { type: 'user' },
        details: {},
      },
      {
        type: 'data_export_denied', ...tokenMissing, resource: { type: 'user' },
        details: {},
      },
    ],
  },
  {
    route: LEAVE, case: 'failure', as: 'admin', path: () => '/me', status: 409,
    events: ({ adminId }) => [{
      type: 'gdpr_data_deletion_failed', outcome: 'failure', reason: 'last_admin_role', resource: user(adminId),
      details: { dataScope: exported.dataScope },
    }],
  },
  {
    route: LEAVE, case: 'denied', as: 'nobody', path: () => '/me', status: 401,
    events: () => [{
      type: 'gdpr_data_deletion_denied', ...tokenMissing, resource: { type: 'user' }, details: {},
    }],
  },
  {
    route: LEAVE, case: 'success', as: 'user', path: () => '/me', status: 204,
    events: ({ userId }) => [{
      type: 'gdpr_data_deleted', ...success, resource: user(userId), details: { dataScope: exported.dataScope },
    }],
  },
]; // prettier-ignore
