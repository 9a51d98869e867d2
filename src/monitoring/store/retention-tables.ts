/**
 * The rules by name: the member of an event that a table of periods looks up, and its column of `audit_event`. `daysToKeep()` and the
 * database function `audit_retention_days` both come from this list.
 */
export const RETENTION_TABLES = {
  actions: { member: 'action', column: 'action' },
  categories: { member: 'category', column: 'category' },
  eventTypes: { member: 'type', column: 'type' },
  tenants: { member: 'tenantId', column: 'tenant_id' },
} as const;
