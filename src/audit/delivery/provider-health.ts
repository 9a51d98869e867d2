import { errorMessage } from '../errors/error-facts.js';
import type { JsonObject } from '../event/audit-event.js';
import type { RegisteredProvider } from '../provider/registered-provider.js';
import type { QueueStatus } from './queue-status.js';
import type { OverflowStatus } from './spill/spill-overflow.js';
import { noAnswer, withTimeout } from './with-timeout.js';

/** How bringing events to a provider goes. Counts are of this process, since its start. */
export interface DeliveryStatus extends QueueStatus, OverflowStatus {
  /** Whether the application cannot do without it: see `required` of `@AuditProvider`. */
  readonly required: boolean;
}

/** How a provider is doing. */
export interface ProviderHealth extends DeliveryStatus {
  /** What the provider's own check says; an `error` when its store cannot be reached, or has a `problem`. */
  readonly store?: JsonObject;
  readonly error?: string;
}

/** Asks a provider's own check, at most `timeoutMs` long. Never rejects. */
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
