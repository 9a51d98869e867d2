import { errorMessage } from '../errors/error-facts.js';
import type { JsonObject } from '../event/audit-event.js';
import type { RegisteredProvider } from '../provider/registered-provider.js';
import type { QueueStatus } from './queue-status.js';
import type { OverflowStatus } from './spill/spill-overflow.js';
import { noAnswer, withTimeout } from './with-timeout.js';

/** The state of the delivery to a provider. Counts are those of this process since its start. */
export interface DeliveryStatus extends QueueStatus, OverflowStatus {
  /** Whether the application needs it: see `required` of `@AuditProvider`. */
  readonly required: boolean;
}

/** The state of a provider. */
export interface ProviderHealth extends DeliveryStatus {
  /** The result of the provider's own check; it has an `error` when the store cannot be reached, or has a `problem`. */
  readonly store?: JsonObject;
  readonly error?: string;
}

/** Runs a provider's own check, for at most `timeoutMs`. Never rejects. */
export async function checkStore(
  { instance }: RegisteredProvider,
  timeoutMs: number,
): Promise<Pick<ProviderHealth, 'store' | 'error'>> {
  if (!instance.check) return {};
  try {
    const store = await withTimeout(timeoutMs, instance.check(), () => noAnswer(timeoutMs));
    return typeof store.problem === 'string' ? { store, error: store.problem } : { store };
  } catch (error) {
    return { error: errorMessage(error) };
  }
}
