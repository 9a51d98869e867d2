/**
 * The rules by name: the member of an event that a table of periods looks up, and its column of `audit_event`. The option `retention`,
 * `daysToKeep()` and the database function `audit_retention_days` all come from this list.
 */
export const RETENTION_TABLES = {
  /** Retention periods by category. */
  categories: { member: 'category', column: 'category' },
  /** Retention periods by event type or alias. */
  eventTypes: { member: 'type', column: 'type' },
  /** Retention periods by action. A period applies to every outcome of the action. */
  actions: { member: 'action', column: 'action' },
  /** Retention periods by tenant. */
  tenants: { member: 'tenantId', column: 'tenant_id' },
} as const;
