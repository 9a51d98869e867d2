import { Inject } from '@nestjs/common';
import { AuditProvider, errorCode, errorMessage, type AuditEvent, type JsonObject } from '../../../audit/index.js';
import { insertEvents } from './insert-events.js';
import { LedgerPartitions } from './ledger-partitions.service.js';
import { LedgerPool } from './ledger-pool.js';

/** PostgreSQL's check_violation, which is also what a row without a partition gets. */
const CHECK_VIOLATION = '23514';

/** The provider `database`: appends batches to the ledger, each as one committed statement. */
@AuditProvider({ backend: 'database', required: true, maxBatchesInFlight: 2 })
export class LedgerProvider implements AuditProvider {
  constructor(
    @Inject(LedgerPool) private readonly pool: LedgerPool,
    @Inject(LedgerPartitions) private readonly partitions: LedgerPartitions,
  ) {}

  /** Resolves when the batch is committed (so on disk, as far as `synchronous_commit` says). Rejects with the client's error. */
  async record(batch: readonly AuditEvent[]): Promise<void> {
    const statement = insertEvents(batch);
    try {
      await this.pool.query(statement);
    } catch (error) {
      if (!isMissingPartition(error)) throw error;
      await this.partitions.makeFor(batch.map(({ id }) => id));
      await this.pool.query(statement);
    }
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
}

function isMissingPartition(error: unknown): boolean {
  return errorCode(error) === CHECK_VIOLATION && errorMessage(error).startsWith('no partition of relation');
}
