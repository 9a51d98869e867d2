const OF_ALERTS = [
  ...['alert_raised', 'alert_withheld', 'alert_acknowledged', 'alert_resolved'],
  ...['alert_suppression_started', 'alert_suppression_ended'],
];
const OF_REVIEWS = ['review_opened', 'review_commented', 'review_signed_off'];
const BY_NAME: ReadonlySet<string> = new Set([...OF_ALERTS, ...OF_REVIEWS]);

/**
 * Whether an event type is the library's own: about delivery, an action on the ledger, a legal hold, an alert or a review. Such an event is
 * never ignored, and needs neither an actor nor a tenant.
 */
export function isOwnEvent(type: string): boolean {
  return type.startsWith('audit_') || type.startsWith('legal_hold_') || BY_NAME.has(type);
}

/** Whether events of a type set the state of an alert, a suppression or a review. Only the ledger records such events. */
export function isState(type: string): boolean {
  return BY_NAME.has(type);
}
