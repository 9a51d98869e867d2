/**
 * The rules by name: the member of an event that a table of periods looks up, and its column of `audit_event`. The option `retention`,
 * `getRetentionDays()` and the database function `audit_retention_days` all come from this list.
 */
export const RETENTION_TABLES = {
  /** Retention periods by category. Set this when a law concerns a kind of events, such as ten years for payments. */
  categories: { member: 'category', column: 'category' },
  /** Retention periods by event type or alias. Set this when one outcome must be kept longer, such as failed log-ins for an investigation. */
  eventTypes: { member: 'type', column: 'type' },
  /**
   * Retention periods by action. A period applies to every outcome of the action. Set this when the proof of an operation needs all its
   * outcomes, such as an order's cancellation.
   */
  actions: { member: 'action', column: 'action' },
  /** Retention periods by tenant. Set this when a customer's contract asks for a longer period. */
  tenants: { member: 'tenantId', column: 'tenant_id' },
} as const;
