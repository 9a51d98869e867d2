import type { AuditEvent } from '../event/audit-event.js';
import type { DeliveryResult } from './receipt.js';

/** Where a queue puts what its provider could not take. */
export interface Overflow {
  /**
   * Resolves with `spilled` once the events are on disk, with `failed` when there is no room for them anywhere. Never rejects.
   *
   * @param areSuspect whether the provider refused each of them alone, and took others
   */
  keep(backend: string, events: readonly AuditEvent[], error: string, areSuspect: boolean): Promise<DeliveryResult>;
  /** The same for one that the provider will never take. */
  bury(backend: string, event: AuditEvent, error: string): Promise<DeliveryResult>;
  /** The provider answers again. */
  resumed(backend: string): void;
}
