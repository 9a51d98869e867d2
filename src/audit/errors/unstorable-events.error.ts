import { AuditError } from './audit.error.js';

/**
 * Thrown by a provider to say that offering these events again will not help: the fault is theirs, not the store's. The
 * batch is then bisected; what can be stored is stored, and the rest become dead letters.
 */
export class UnstorableEventsError extends AuditError {
  readonly code = 'AUDIT_EVENTS_UNSTORABLE';
}
