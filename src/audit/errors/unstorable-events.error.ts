import { AuditError } from './audit.error.js';

/**
 * A provider throws it to say that something in the batch itself can never be stored, so that offering the same batch
 * again will not help: the batch is taken apart until the events at fault are found, and the others are stored.
 */
export class UnstorableEventsError extends AuditError {
  readonly code = 'AUDIT_EVENTS_UNSTORABLE';
  readonly fault = 'events';

  /** @param seen what the store said, without values of the events */
  static create(store: string, seen: string): UnstorableEventsError {
    return new UnstorableEventsError(
      `Cannot store events in ${store}: ${seen}. Look at the event that is set aside: its values do not fit the store.`,
    );
  }
}
