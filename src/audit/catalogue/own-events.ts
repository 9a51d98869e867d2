/**
 * Whether an event type is one of the library itself: of its delivery, and of what is done to the ledger, legal holds among it. Such an event is never left
 * out, and needs neither an actor nor a tenant.
 */
export function isOwnEvent(type: string): boolean {
  return type.startsWith('audit_') || type.startsWith('legal_hold_');
}
