import { AuditError } from './audit.error.js';

/**
 * A provider throws this error if an event of the batch can never be stored, so that a retry does not help. The batch is then split until
 * the events at fault are found, and all other events are stored.
 */
export class UnstorableEventsError extends AuditError {
  readonly code = 'AUDIT_EVENTS_UNSTORABLE';
  readonly fault = 'events';

  /** @param seen the store's message, without values of the events */
  static create(store: string, seen: string): UnstorableEventsError {
    return new UnstorableEventsError(
      `Cannot store events in ${store}: ${seen}. Look at the dead letters: the values of these events do not fit the store.`,
    );
  }
}
