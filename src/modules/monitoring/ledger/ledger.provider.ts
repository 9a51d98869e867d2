import { Inject } from '@nestjs/common';
import {
  AuditProvider,
  errorMessage,
  PersonalNames,
  UnstorableEventsError,
  type AuditEvent,
  type JsonObject,
  type ProviderScope,
} from '../../../audit/index.js';
import { isMissingPartition } from './classify-ledger-error.js';
import { explainLedgerError } from './explain-ledger-error.js';
import { insertEvents } from './insert-events.js';
import { LedgerPartitions } from './ledger-partitions.service.js';
import { LedgerPool } from './ledger-pool.js';
import { sealRow, type SealedRow } from './seal-row.js';

/** The provider `database`: appends batches to the ledger, each as one committed statement. */
@AuditProvider({ backend: 'database', required: true })
export class LedgerProvider implements AuditProvider {
  constructor(
    @Inject(LedgerPool) private readonly pool: LedgerPool,
    @Inject(LedgerPartitions) private readonly partitions: LedgerPartitions,
    @Inject(PersonalNames) private readonly personalNames: PersonalNames,
  ) {}

  /**
   * Resolves when the batch is committed (so on disk, as far as `synchronous_commit` says).
   *
   * @throws UnstorableEventsError (`AUDIT_EVENTS_UNSTORABLE`) when the events themselves are at fault
   * @throws LedgerUnavailableError (`AUDIT_LEDGER_UNAVAILABLE`) when the ledger is; its message says what to do
   */
  async record(batch: readonly AuditEvent[], scope?: Pick<ProviderScope, 'signal'>): Promise<void> {
    const rows = this.seal(batch);
    try {
      await this.append(rows, scope?.signal);
    } catch (error) {
      throw explainLedgerError(error);
    }
  }

  /**
   * The partitions that stand ready.
   *
   * @throws LedgerUnavailableError (`AUDIT_LEDGER_UNAVAILABLE`) when the ledger cannot be read
   */
  async check(): Promise<JsonObject> {
    try {
      const { rows } = await this.pool.query({ text: PARTITIONS });
      const { partitions, last } = rows[0] ?? {};
      return { partitions: Number(partitions), lastPartition: typeof last === 'string' ? last : null };
    } catch (error) {
      throw explainLedgerError(error);
    }
  }

  private seal(batch: readonly AuditEvent[]): readonly SealedRow[] {
    try {
      return batch.map((event) => sealRow(event, this.personalNames.testFor(event.type)));
    } catch (error) {
      throw UnstorableEventsError.create('the ledger', `they cannot be sealed: ${errorMessage(error)}`);
    }
  }

  private async append(rows: readonly SealedRow[], signal: AbortSignal | undefined): Promise<void> {
    const statement = insertEvents(rows);
    try {
      await this.pool.query(statement, signal);
    } catch (error) {
      if (!isMissingPartition(error)) throw error;
      const ids = rows.map(({ event }) => event.id);
      await this.partitions.makeFor(ids, signal);
      await this.pool.query(statement, signal);
    }
  }
}

/** Of those that hold one month. */
const PARTITIONS = String.raw`
  SELECT count(*)::int AS partitions, max(c.relname) AS last
  FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
  WHERE i.inhparent = 'audit_event'::regclass AND c.relname ~ '_\d{4}_\d\d$'`;
