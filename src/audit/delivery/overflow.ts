import type { AuditEvent } from '../event/audit-event.js';
import type { DeliveryResult } from './receipt.js';

/** Keeps the events that a queue's provider could not take. */
export interface Overflow {
  /**
   * Resolves with `spilled` once the events are on disk, with `failed` when there is no room for them anywhere. Never rejects.
   *
   * @param areSuspect whether the provider refused each of them alone, and took other events
   */
  keep(backend: string, events: readonly AuditEvent[], error: string, areSuspect: boolean): Promise<DeliveryResult>;
  /** Keeps an event that the provider will never take as a dead letter. Resolves as {@link keep} does. */
  bury(backend: string, event: AuditEvent, error: string): Promise<DeliveryResult>;
  /** Tells it that the provider answers again. */
  resumed(backend: string): void;
}
