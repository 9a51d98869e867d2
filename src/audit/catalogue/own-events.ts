/**
 * Whether an event type is the library's own: about delivery, an action on the ledger, or a legal hold. Such an event is never ignored, and needs
 * neither an actor nor a tenant.
 */
export function isOwnEvent(type: string): boolean {
  return type.startsWith('audit_') || type.startsWith('legal_hold_');
}
