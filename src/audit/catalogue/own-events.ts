/** What rules raise, and what people say of it. Not all of `alert_…`: an application may have alerts of its own. */
const OF_ALERTS: ReadonlySet<string> = new Set([
  ...['alert_raised', 'alert_withheld', 'alert_acknowledged', 'alert_resolved'],
  ...['alert_suppression_started', 'alert_suppression_ended'],
]);

/**
 * Whether an event type is one of the library itself: of its delivery, of what is done to the ledger, legal holds among it, and of alerts. Such an
 * event is never left out, and needs neither an actor nor a tenant.
 */
export function isOwnEvent(type: string): boolean {
  return type.startsWith('audit_') || type.startsWith('legal_hold_') || OF_ALERTS.has(type);
}
