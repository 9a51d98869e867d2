import { Inject } from '@nestjs/common';
import {
  AuditProvider,
  errorMessage,
  PersonalNames,
  UnstorableEventsError,
  type AuditEvent,
  type JsonObject,
  type ProviderScope,
  type TransactionManager,
  type TransactionScope,
} from '../../audit/index.js';
import { withOwnEvents } from './access/own-events.js';
import { appendInTransaction, appendStatement, appendWithCommit } from './store/append-in-transaction.js';
import { isMissingPartition, explainLedgerError } from './store/sessions/classify-ledger-error.js';
import { LedgerHealth } from './health/ledger-health.service.js';
import { insertBatch } from './store/insert-batch.js';
import { LedgerHome } from './store/ledger-home.service.js';
import { LedgerPartitions } from './store/ledger-partitions.service.js';
import { LedgerPool } from './store/sessions/ledger-pools.service.js';
import { LedgerRooms } from './store/ledger-rooms.service.js';
import { awaitReplicas } from './store/sessions/replication-wait.js';
import { sealEvents, type SealedRow } from './store/seal-row.js';

/** The provider `database`: appends batches to the ledger, each as one committed statement. */
@AuditProvider({ backend: 'database', required: true, maxBatchesInFlight: 2 })
export class LedgerProvider implements AuditProvider {
  constructor(
    @Inject(LedgerPool) private readonly pool: LedgerPool,
    @Inject(LedgerPartitions) private readonly partitions: LedgerPartitions,
    @Inject(LedgerHome) private readonly home: LedgerHome,
    @Inject(PersonalNames) private readonly personalNames: PersonalNames,
    @Inject(LedgerHealth) private readonly health: Pick<LedgerHealth, 'check'>,
    @Inject(LedgerRooms) private readonly rooms: Pick<LedgerRooms, 'front'>,
  ) {}

  /**
   * Resolves when the batch is committed: on disk, as far as `synchronous_commit` requires, and on the synchronous replicas, even if the
   * batch was stored before. A room in front of the ledger gets the batch instead; it may resolve with `accepted` before the commit, and
   * its errors are passed on.
   *
   * @throws UnstorableEventsError (`AUDIT_EVENTS_UNSTORABLE`) when the events themselves are at fault
   * @throws LedgerUnavailableError (`AUDIT_LEDGER_UNAVAILABLE`) when the ledger is; its message says what to do
   */
  async record(batch: readonly AuditEvent[], scope?: Pick<ProviderScope, 'signal'>): Promise<'accepted' | undefined> {
    const { front } = this.rooms;
    if (front) return front.publish(this.seal(batch), scope?.signal);
    // Releases the rows before the wait: each garbage collection copies the objects that are still referenced.
    const statement = insertBatch(this.seal(batch));
    const write = (): Promise<void> =>
      this.pool.use(async (session) => {
        const { rowCount } = await session.query(statement);
        // If the whole batch was stored before, the statement writes nothing, and would not wait for replicas that may lack it.
        if (rowCount === 0) await awaitReplicas(session);
      }, scope?.signal);
    try {
      await write();
    } catch (error) {
      await this.writeAgain(error, batch, write, scope?.signal);
    }
    return undefined;
  }

  /**
   * Adds the batch to the manager's transaction; resolves with false if its database is not the ledger's. The ledger's own connections make
   * a missing partition, and commit it at once. If it rejects, the transaction is unchanged.
   *
   * @throws UnstorableEventsError (`AUDIT_EVENTS_UNSTORABLE`) when the events themselves are at fault
   * @throws LedgerUnavailableError (`AUDIT_LEDGER_UNAVAILABLE`) when the ledger is; its message says what to do
   */
  async recordInTransaction(
    batch: readonly AuditEvent[],
    manager: TransactionManager,
    { withCommit }: Pick<TransactionScope, 'withCommit'> = {},
  ): Promise<boolean> {
    const schema = await this.home.schemaFor(manager);
    if (schema === undefined) return false;
    const statement = appendStatement(schema, this.seal(batch), this.pool.lockTimeoutMs);
    if (withCommit) {
      try {
        await appendWithCommit(withCommit, statement);
      } catch (error) {
        throw explainLedgerError(error); // nothing can be made for it any more: the transaction is over
      }
      return true;
    }
    const append = (): Promise<void> => appendInTransaction(manager, statement);
    await append().catch((error: unknown) => this.writeAgain(error, batch, append));
    return true;
  }

  /** Whether the manager's database is the ledger's. It is checked once for each data source. */
  async canRecordInTransaction(manager: TransactionManager): Promise<boolean> {
    return (await this.home.schemaFor(manager)) !== undefined;
  }

  /**
   * The state of the ledger and its rooms, see {@link LedgerHealth.check}.
   *
   * @throws LedgerUnavailableError (`AUDIT_LEDGER_UNAVAILABLE`) when the ledger cannot be read
   */
  async check(): Promise<JsonObject> {
    return this.health.check();
  }

  private seal(batch: readonly AuditEvent[]): readonly SealedRow[] {
    try {
      return sealEvents(batch, (type) => withOwnEvents(type, this.personalNames.rulesFor(type)));
    } catch (error) {
      throw UnstorableEventsError.create('the ledger', `they cannot be sealed: ${errorMessage(error)}`);
    }
  }

  /** Writes again, after it made a missing month. Rejects with the reason if nothing was written. */
  private async writeAgain(
    error: unknown,
    batch: readonly AuditEvent[],
    write: () => Promise<unknown>,
    signal?: AbortSignal,
  ): Promise<void> {
    if (!isMissingPartition(error)) throw explainLedgerError(error);
    try {
      const ids = batch.map(({ id }) => id);
      await this.partitions.makeFor(ids, signal);
      await write();
    } catch (again) {
      throw explainLedgerError(again);
    }
  }
}
