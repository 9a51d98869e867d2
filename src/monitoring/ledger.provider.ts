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
import { AuditError, getErrorMessage, type FactRules, auditErrors } from '../audit/nest-free.js';
import { providerErrors } from '../base/errors/provider.errors.js';
import { extendWithOwnRules } from './read/access/own-events.js';
import { explainLedgerError } from './store/sessions/classify-ledger-error.js';
import { LedgerHealth } from './operate/health/ledger-health.service.js';
import { acceptInTransaction, isOutsideTransaction } from './inbox/accept-in-transaction.js';
import { toInboxLines, MIN_PACKED_BYTES, packInboxRows } from './inbox/inbox-row.js';
import { addLines, getWriterKeys } from './inbox/known-writers.js';
import { LedgerIdentity } from './store/ledger-identity.service.js';
import { LedgerPool, LedgerStateReader } from './store/sessions/ledger-pools.service.js';
import { LedgerExtensions } from './store/ledger-extensions.service.js';
import { findTaken } from './sealer/idempotency-keys.js';
import { Sequencer } from './sealer/sequencer.service.js';

/** The provider `database`. The provider writes each batch to the inbox of the ledger with one statement, and the
 * statement is a whole transaction. The leader seals the events later. */
@AuditProvider({ backend: 'database', required: true })
export class LedgerProvider implements AuditProvider {
  constructor(
    @Inject(LedgerPool) private readonly pool: LedgerPool,
    @Inject(LedgerIdentity) private readonly home: LedgerIdentity,
    @Inject(PersonalNames) private readonly personalNames: PersonalNames,
    @Inject(LedgerHealth) private readonly health: Pick<LedgerHealth, 'check'>,
    @Inject(LedgerExtensions) private readonly extensions: Pick<LedgerExtensions, 'ingest'>,
    @Inject(Sequencer) private readonly sequencer: Pick<Sequencer, 'onWrite'>,
    @Inject(LedgerStateReader) private readonly reader: Pick<LedgerStateReader, 'use'>,
  ) {}

  /**
   * Resolves when a new or repeated batch is on the server's disk, and is on the synchronous replicas as `synchronous_commit` requires. If an extension
   * takes batches in place of the ledger, the extension gets the batch. The extension may resolve with `accepted` before the commit, and rejects with
   * errors of its own.
   *
   * @throws `AUDIT_EVENTS_UNSTORABLE` if the events themselves cannot be stored
   * @throws `AUDIT_LEDGER_UNAVAILABLE` if the ledger cannot be reached or written
   */
  async record(batch: readonly AuditEvent[], scope?: Pick<ProviderScope, 'signal'>): Promise<'accepted' | undefined> {
    const { ingest } = this.extensions;
    const lines = this.toInboxLines(batch);
    if (ingest) return ingest.publish(batch, lines, scope?.signal);
    try {
      await this.pool.use((session) => addLines(session, lines, MIN_PACKED_BYTES), scope?.signal);
    } catch (error) {
      throw error instanceof AuditError ? error : explainLedgerError(error);
    }
    this.sequencer.onWrite();
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
    const rows = packInboxRows(this.toInboxLines(batch), getWriterKeys(this.pool));
    try {
      await acceptInTransaction(manager, rows, { schema, lockWaitMs: this.pool.lockTimeoutMs, isClosed });
    } catch (error) {
      if (isOutsideTransaction(error)) throw auditErrors.AUDIT_TRANSACTION_MISSING.notActive(batch[0]?.type ?? '');
      throw error instanceof AuditError ? error : explainLedgerError(error);
    }
    this.sequencer.onWrite();
    return true;
  }

  /** Finds a sealed event. An event that waits in the inbox is not found; the leader compares it later. */
  async findOnce(once: string): Promise<string | undefined> {
    return this.reader.use(async (session) => (await findTaken(session, [once])).get(once));
  }

  /**
   * Returns the state of the ledger and its extensions. See {@link LedgerHealth.check}.
   *
   * @throws `AUDIT_LEDGER_UNAVAILABLE` if the ledger cannot be read
   */
  async check(): Promise<JsonObject> {
    return this.health.check();
  }

  private readonly rulesFor = (type: string): FactRules => extendWithOwnRules(type, this.personalNames.rulesFor(type));

  private toInboxLines(batch: readonly AuditEvent[]): readonly string[] {
    try {
      return toInboxLines(batch, this.rulesFor);
    } catch (error) {
      throw providerErrors.AUDIT_EVENTS_UNSTORABLE('the ledger', `they cannot be sealed: ${getErrorMessage(error)}`);
    }
  }
}
