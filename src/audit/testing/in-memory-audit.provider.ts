import type { AuditEvent } from '../event/audit-event.js';
import { AuditProvider } from '../provider/audit-provider.js';
import { SUBSTITUTE_KEY } from '../transaction/call-in-transaction.js';
import type { BeginTransaction } from '../transaction/transaction-manager.js';

/** Stores every event in memory, for tests. Like the ledger, stores one event for each idempotency key. Register this class as a provider of any module. */
@AuditProvider({ backend: 'memory' })
export class InMemoryAuditProvider implements AuditProvider {
  private readonly byId = new Map<string, AuditEvent>();
  /** The ids of the events that took idempotency keys, by the hashes of the keys. */
  private readonly taken = new Map<string, string>();

  /** The recorded events, in the order of their recording. */
  get events(): readonly AuditEvent[] {
    return [...this.byId.values()];
  }

  record(batch: readonly AuditEvent[]): Promise<void> {
    for (const event of batch) {
      const { id, once } = event;
      const first = once === undefined ? id : (this.taken.get(once) ?? id);
      if (first !== id) continue;
      if (once !== undefined) this.taken.set(once, id);
      this.byId.set(id, event);
    }
    return Promise.resolve();
  }

  findOnce(once: string): Promise<string | undefined> {
    return Promise.resolve(this.taken.get(once));
  }

  /** Forgets all recorded events. */
  clear(): void {
    this.byId.clear();
    this.taken.clear();
  }
}

/** Runs `@AuditedTransaction` methods without a database. */
const substitute: BeginTransaction = (work) => work(() => Promise.resolve([]));
Object.defineProperty(InMemoryAuditProvider.prototype, SUBSTITUTE_KEY, { value: substitute });
