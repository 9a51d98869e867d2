import { Inject } from '@nestjs/common';
import {
  AuditProvider,
  errorCode,
  errorMessage,
  type AuditEvent,
  type JsonObject,
  type TransactionManager,
} from '../../../audit/index.js';
import { appendInTransaction } from './append-in-transaction.js';
import { insertEvents } from './insert-events.js';
import { LedgerHome } from './ledger-home.service.js';
import { LedgerPartitions } from './ledger-partitions.service.js';
import { LedgerPool } from './ledger-pool.js';

/** PostgreSQL's check_violation, which is also what a row without a partition gets. */
const CHECK_VIOLATION = '23514';

/** The provider `database`: appends batches to the ledger, each as one committed statement. */
@AuditProvider({ backend: 'database', required: true })
export class LedgerProvider implements AuditProvider {
  constructor(
    @Inject(LedgerPool) private readonly pool: LedgerPool,
    @Inject(LedgerPartitions) private readonly partitions: LedgerPartitions,
    @Inject(LedgerHome) private readonly home: LedgerHome,
  ) {}

  /** Resolves when the batch is committed (so on disk, as far as `synchronous_commit` says). Rejects with the client's error. */
  async record(batch: readonly AuditEvent[]): Promise<void> {
    const statement = insertEvents(batch);
    await this.withPartitions(batch, () => this.pool.query(statement));
  }

  /**
   * Resolves with true when the batch is part of the manager's transaction, with false when its database is not the ledger's.
   * A missing partition is made by the ledger's own connections, committed at once. Rejects with the database's error; the
   * transaction is as it was.
   */
  async recordInTransaction(batch: readonly AuditEvent[], manager: TransactionManager): Promise<boolean> {
    const schema = await this.home.schemaFor(manager);
    if (schema === undefined) return false;
    await this.withPartitions(batch, () => appendInTransaction(manager, schema, batch));
    return true;
  }

  /** The partitions that stand ready. Rejects when the ledger cannot be read. */
  async check(): Promise<JsonObject> {
    const { rows } = await this.pool.query({
      text: `SELECT count(*)::int AS partitions, max(c.relname) AS last
             FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'audit_event'::regclass`,
    });
    const { partitions, last } = rows[0] ?? {};
    return { partitions: Number(partitions), lastPartition: typeof last === 'string' ? last : null };
  }

  /** Writes, and once more when a month was missing. */
  private async withPartitions(batch: readonly AuditEvent[], write: () => Promise<unknown>): Promise<void> {
    try {
      await write();
    } catch (error) {
      if (!isMissingPartition(error)) throw error;
      await this.partitions.makeFor(batch.map(({ id }) => id));
      await write();
    }
  }
}

function isMissingPartition(error: unknown): boolean {
  return errorCode(error) === CHECK_VIOLATION && errorMessage(error).startsWith('no partition of relation');
}
