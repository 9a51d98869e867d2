import { Inject } from '@nestjs/common';
import {
  AuditProvider,
  type AuditEvent,
  type JsonObject,
  type ProviderScope,
  type TransactionManager,
  type TransactionScope,
} from '../audit/index.js';
import { PersonalNames } from '../audit/internal.js';
import { AuditError, errorMessage, type FactRules, auditErrors } from '../audit/nest-free.js';
import { providerErrors } from '../base/errors/provider.errors.js';
import { withOwnEvents } from './read/access/own-events.js';
import { explainLedgerError } from './store/sessions/classify-ledger-error.js';
import { LedgerHealth } from './operate/health/ledger-health.service.js';
import { acceptInTransaction, isOutsideTransaction } from './inbox/accept-in-transaction.js';
import { linesOf, PACK_FROM_BYTES, rowsOfLines } from './inbox/inbox-row.js';
import { addLines, writerOf } from './inbox/known-writers.js';
import { LedgerHome } from './store/ledger-home.service.js';
import { LedgerPool, LedgerStateReader } from './store/sessions/ledger-pools.service.js';
import { LedgerRooms } from './store/ledger-rooms.service.js';
import { findTaken } from './sealer/once.js';
import { Sequencer } from './sealer/sequencer.service.js';

/** The provider `database`. The provider writes each batch to the inbox of the ledger with one statement, and the
 * statement is a whole transaction. The leader seals the events later. */
@AuditProvider({ backend: 'database', required: true })
export class LedgerProvider implements AuditProvider {
  constructor(
    @Inject(LedgerPool) private readonly pool: LedgerPool,
    @Inject(LedgerHome) private readonly home: LedgerHome,
    @Inject(PersonalNames) private readonly personalNames: PersonalNames,
    @Inject(LedgerHealth) private readonly health: Pick<LedgerHealth, 'check'>,
    @Inject(LedgerRooms) private readonly rooms: Pick<LedgerRooms, 'ingest'>,
    @Inject(Sequencer) private readonly sequencer: Pick<Sequencer, 'noteWrite'>,
    @Inject(LedgerStateReader) private readonly reader: Pick<LedgerStateReader, 'use'>,
  ) {}

  /**
   * Resolves when a new or repeated batch is on the server's disk, and is on the synchronous replicas as `synchronous_commit` requires. If a room
   * takes batches in place of the ledger, the room gets the batch. The room may resolve with `accepted` before the commit, and rejects with
   * errors of its own.
   *
   * @throws `AUDIT_EVENTS_UNSTORABLE` if the events themselves cannot be stored
   * @throws `AUDIT_LEDGER_UNAVAILABLE` if the ledger cannot be reached or written
   */
  async record(batch: readonly AuditEvent[], scope?: Pick<ProviderScope, 'signal'>): Promise<'accepted' | undefined> {
    const { ingest } = this.rooms;
    const lines = this.linesOf(batch);
    if (ingest) return ingest.publish(batch, lines, scope?.signal);
    try {
      await this.pool.use((session) => addLines(session, lines, PACK_FROM_BYTES), scope?.signal);
    } catch (error) {
      throw error instanceof AuditError ? error : explainLedgerError(error);
    }
    this.sequencer.noteWrite();
    return undefined;
  }

  /**
   * Adds the batch to the manager's transaction. Returns `false` if the manager uses another database than the ledger. After a rejection, the
   * transaction is unchanged; with `isClosed`, it is aborted.
   *
   * @throws `AUDIT_TRANSACTION_MISSING` if the manager's connection is not in a transaction, as after a ROLLBACK
   * @throws `AUDIT_EVENTS_UNSTORABLE` if the events themselves cannot be stored
   * @throws `AUDIT_LEDGER_UNAVAILABLE` if the ledger cannot be reached or written
   */
  async recordInTransaction(
    batch: readonly AuditEvent[],
    manager: TransactionManager,
    { isClosed }: Pick<TransactionScope, 'isClosed'> = { isClosed: false },
  ): Promise<boolean> {
    const schema = await this.home.schemaFor(manager);
    if (schema === undefined) return false;
    const rows = rowsOfLines(this.linesOf(batch), writerOf(this.pool));
    try {
      await acceptInTransaction(manager, rows, { schema, lockWaitMs: this.pool.lockTimeoutMs, isClosed });
    } catch (error) {
      if (isOutsideTransaction(error)) throw auditErrors.AUDIT_TRANSACTION_MISSING.notActive(batch[0]?.type ?? '');
      throw error instanceof AuditError ? error : explainLedgerError(error);
    }
    this.sequencer.noteWrite();
    return true;
  }

  /** Finds a sealed event. An event that waits in the inbox is not found; the leader compares it later. */
  async findOnce(once: string): Promise<string | undefined> {
    return this.reader.use(async (session) => (await findTaken(session, [once])).get(once));
  }

  /**
   * Returns the state of the ledger and its rooms. See {@link LedgerHealth.check}.
   *
   * @throws `AUDIT_LEDGER_UNAVAILABLE` if the ledger cannot be read
   */
  async check(): Promise<JsonObject> {
    return this.health.check();
  }

  private readonly rulesFor = (type: string): FactRules => withOwnEvents(type, this.personalNames.rulesFor(type));

  private linesOf(batch: readonly AuditEvent[]): readonly string[] {
    try {
      return linesOf(batch, this.rulesFor);
    } catch (error) {
      throw providerErrors.AUDIT_EVENTS_UNSTORABLE('the ledger', `they cannot be sealed: ${errorMessage(error)}`);
    }
  }
}
