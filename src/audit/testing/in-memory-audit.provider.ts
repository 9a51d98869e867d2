import type { AuditEvent } from '../event/audit-event.js';
import { AuditProvider } from '../provider/audit-provider.js';
import { SUBSTITUTE } from '../transaction/call-in-transaction.js';
import type { BeginTransaction } from '../transaction/transaction-manager.js';

/** Stores every event in memory, for tests. Register this class as a provider of any module. */
@AuditProvider({ backend: 'memory' })
export class InMemoryAuditProvider implements AuditProvider {
  private readonly byId = new Map<string, AuditEvent>();

  /** The recorded events, in the order of their recording. */
  get events(): readonly AuditEvent[] {
    return [...this.byId.values()];
  }

  record(batch: readonly AuditEvent[]): Promise<void> {
    for (const event of batch) this.byId.set(event.id, event);
    return Promise.resolve();
  }

  /** Forgets all recorded events. */
  clear(): void {
    this.byId.clear();
  }
}

/** Runs `@AuditedTransaction` methods without a database. */
const substitute: BeginTransaction = (work) => work(() => Promise.resolve([]));
Object.defineProperty(InMemoryAuditProvider.prototype, SUBSTITUTE, { value: substitute });
