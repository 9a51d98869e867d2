/**
 * The details of a team's own event types, by name. Declare the details once, beside the definitions. The compiler then checks the details
 * in calls of `record()`:
 *
 * ```ts
 * declare module 'nestjs-audit-ledger' {
 *   interface AuditEventRegistry extends DefinedAuditEvents<typeof BILLING_EVENTS> {}
 * }
 * ```
 */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- teams fill it
export interface AuditEventRegistry {}
