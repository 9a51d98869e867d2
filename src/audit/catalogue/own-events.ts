/** Alerts that rules raise, and people's actions on them. Not every `alert_…`: an application may have alerts of its own. */
const OF_ALERTS = [
  ...['alert_raised', 'alert_withheld', 'alert_acknowledged', 'alert_resolved'],
  ...['alert_suppression_started', 'alert_suppression_ended'],
];
/** People's actions on the review of a day; whole names as well. */
const OF_REVIEWS = ['review_opened', 'review_commented', 'review_signed_off'];
const BY_NAME: ReadonlySet<string> = new Set([...OF_ALERTS, ...OF_REVIEWS]);

/**
 * Whether an event type is one of the library itself: about its delivery, actions on the ledger including legal holds, alerts, or reviews
 * of days. Such an event is never left out, and needs neither an actor nor a tenant.
 */
export function isOwnEvent(type: string): boolean {
  return type.startsWith('audit_') || type.startsWith('legal_hold_') || BY_NAME.has(type);
}

/** Whether events of a type set the state of an alert, a suppression or a review: only the ledger records them. */
export function isState(type: string): boolean {
  return BY_NAME.has(type);
}
