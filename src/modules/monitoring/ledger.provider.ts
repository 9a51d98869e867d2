import { Inject, Optional } from '@nestjs/common';
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
import { PartitionsMissingError, SealingLateError } from './errors/ledger-attention.error.js';
import { withOwnEvents } from './access/own-events.js';
import { ErasureCertificates } from './lifecycle/erasure/erasure-certificates.service.js';
import { ErasureRunner } from './lifecycle/erasure/erasure-runner.service.js';
import { CheckpointPublisher } from './publishing/checkpoint-publisher.service.js';
import { SelfCheck } from './verify/self-check/self-check.service.js';
import { CaptureWatch } from './row-changes/attest/capture-watch.service.js';
import { LATE_AFTER_SECONDS } from './row-changes/capture-options.js';
import { RowChangesLateError, RowChangesParkedError } from './row-changes/capture.error.js';
import { RowChangeDrain } from './row-changes/row-change-drain.service.js';
import { StreamRunner } from './streams/stream-runner.service.js';
import { Sequencer } from './sequencer/sequencer.service.js';
import { appendInTransaction, appendStatement, appendWithCommit } from './store/append-in-transaction.js';
import { isMissingPartition } from './store/classify-ledger-error.js';
import { EnvelopePublisher } from './ingest/envelope-publisher.service.js';
import { explainLedgerError } from './store/explain-ledger-error.js';
import { insertEvents } from './store/insert-events.js';
import { LedgerHome } from './store/ledger-home.service.js';
import { LedgerPartitions } from './store/ledger-partitions.service.js';
import { LedgerPool } from './store/ledger-pool.service.js';
import type { LedgerSession } from './store/ledger-session.js';
import { LedgerStateReader } from './store/ledger-state-reader.service.js';
import { FEWEST_MONTHS_READY, LONGEST_WAIT_SECONDS, type LedgerState } from './store/ledger-state.js';
import { ReplicaFreshness } from './store/replica-freshness.service.js';
import { awaitReplicas } from './store/replication-wait.js';
import { sealEvents, type SealedRow } from './store/seal-row.js';
import { WatchRunner } from './watch/watch-runner.service.js';

/** The provider `database`: appends batches to the ledger, each as one committed statement. */
@AuditProvider({ backend: 'database', required: true, maxBatchesInFlight: 2 })
export class LedgerProvider implements AuditProvider {
  constructor(
    @Inject(LedgerPool) private readonly pool: LedgerPool,
    @Inject(LedgerStateReader) private readonly state: LedgerStateReader,
    @Inject(LedgerPartitions) private readonly partitions: LedgerPartitions,
    @Inject(LedgerHome) private readonly home: LedgerHome,
    @Inject(Sequencer) private readonly sequencer: Sequencer,
    @Inject(SelfCheck) private readonly selfCheck: SelfCheck,
    @Inject(PersonalNames) private readonly personalNames: PersonalNames,
    @Optional() @Inject(CheckpointPublisher) private readonly publisher?: CheckpointPublisher,
    @Optional() @Inject(ErasureCertificates) private readonly certificates?: Pick<ErasureCertificates, 'problem'>,
    @Optional() @Inject(ErasureRunner) private readonly erasures?: Pick<ErasureRunner, 'problem'>,
    @Optional()
    @Inject(RowChangeDrain)
    private readonly drain?: Pick<RowChangeDrain, 'status' | 'lateAfterSeconds' | 'stranger'>,
    @Optional() @Inject(CaptureWatch) private readonly watch?: Pick<CaptureWatch, 'problem'>,
    @Optional() @Inject(StreamRunner) private readonly streams?: Pick<StreamRunner, 'problems'>,
    @Optional() @Inject(WatchRunner) private readonly rules?: Pick<WatchRunner, 'problemOf'>,
    @Optional()
    @Inject(EnvelopePublisher)
    private readonly envelopes?: Pick<EnvelopePublisher, 'isOn' | 'publish' | 'problem'>,
    @Optional() @Inject(ReplicaFreshness) private readonly freshness?: Pick<ReplicaFreshness, 'state'>,
  ) {}

  /**
   * Resolves when the batch is committed: on disk, as far as `synchronous_commit` says, and on the synchronous replicas, also where
   * the batch was stored before. With the option `ingest`, JetStream gets the batch; resolves with `accepted` where that is all that is
   * waited for.
   *
   * @throws IngestUnavailableError (`AUDIT_INGEST_UNAVAILABLE`), IngestUnsafeError (`AUDIT_INGEST_UNSAFE`) with the option `ingest` alone
   * @throws UnstorableEventsError (`AUDIT_EVENTS_UNSTORABLE`) when the events themselves are at fault
   * @throws LedgerUnavailableError (`AUDIT_LEDGER_UNAVAILABLE`) when the ledger is; its message says what to do
   */
  async record(batch: readonly AuditEvent[], scope?: Pick<ProviderScope, 'signal'>): Promise<'accepted' | undefined> {
    if (this.envelopes?.isOn === true) return this.envelopes.publish(this.seal(batch), scope?.signal);
    // The rows are let go of before the wait: what lives through it is copied by each garbage collection.
    const statement = insertEvents(this.seal(batch));
    try {
      await this.pool.use((session) => append(session, statement), scope?.signal);
    } catch (error) {
      const write = (): Promise<void> => this.pool.use((session) => append(session, statement), scope?.signal);
      await this.writeAgain(error, batch, write, scope?.signal);
    }
    return undefined;
  }

  /**
   * Resolves with true when the batch is part of the manager's transaction, with false when its database is not the ledger's.
   * A missing partition is made by the ledger's own connections, committed at once. When it rejects, the transaction is as it
   * was.
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
        throw explainLedgerError(error); // what it needs cannot be made any more: the transaction is over
      }
      return true;
    }
    const append = (): Promise<void> => appendInTransaction(manager, statement);
    await append().catch((error: unknown) => this.writeAgain(error, batch, append));
    return true;
  }

  /** Whether the manager's database is the ledger's. Asked once a data source. */
  async canRecordInTransaction(manager: TransactionManager): Promise<boolean> {
    return (await this.home.schemaFor(manager)) !== undefined;
  }

  /**
   * The partitions that stand ready, how the sealing of this instance is doing, and which checkpoints are out; with a `problem`
   * while the self-check fails (`AUDIT_SELF_CHECK_FAILING`), checkpoints do not get out (`AUDIT_CHECKPOINT_UNPUBLISHED`), erasures are undone (`AUDIT_ERASURES_UNDONE`) or requested otherwise than by acts
   * (`AUDIT_ACTS_CONTRADICTED`), row changes are
   * parked (`AUDIT_ROW_CHANGES_PARKED`), their capture is not attested (`AUDIT_CAPTURE_UNATTESTED`), a stranger holds a lock
   * (`AUDIT_LOCK_HELD`), the replica that answers is away or late (`AUDIT_READ_REPLICA_AWAY`, `AUDIT_READ_REPLICA_LATE`), the rules do not run or somebody else wrote where they are (`AUDIT_WATCH_STILL`, `AUDIT_WATCH_ALTERED`), or a stream does not get out (`AUDIT_STREAM_FAILING`, `AUDIT_STREAM_GONE`, `AUDIT_STREAM_LATE`,
   * `AUDIT_STREAM_PARKED`), or accepted events do not reach the ledger (`AUDIT_INGEST_BLOCKED`, `AUDIT_INGEST_LATE`).
   *
   * @throws LedgerInconsistentError (`AUDIT_LEDGER_INCONSISTENT`) while nothing is sealed for that reason
   * @throws IntegrityViolationError (`AUDIT_INTEGRITY_VIOLATION`) while the self-check finds the ledger tampered with
   * @throws LedgerUnavailableError (`AUDIT_LEDGER_UNAVAILABLE`) when the ledger cannot be read
   * @throws PartitionsMissingError (`AUDIT_PARTITIONS_MISSING`) when next month or the one after has no partition
   * @throws SealingLateError (`AUDIT_SEALING_LATE`) when an event waits for its place longer than a minute
   * @throws RowChangesLateError (`AUDIT_ROW_CHANGES_LATE`) when a captured row change waits for the ledger longer than the options say
   */
  async check(): Promise<JsonObject> {
    const { inconsistency, role, size } = this.sequencer.status;
    const problem = inconsistency ?? this.selfCheck.violation;
    if (problem) throw problem;
    const { published = {}, problem: unpublished } = (await this.publisher?.check()) ?? {};
    const {
      partitions,
      lastPartition,
      monthsReady,
      waitingEvents,
      waitingSeconds,
      changeSeconds,
      parkedChanges,
      watch,
    } = await this.readState();
    const unstored = parkedChanges > 0 ? RowChangesParkedError.create(parkedChanges) : undefined;
    const replica = this.freshness?.state;
    const strangers = [this.sequencer.stranger, this.drain?.stranger];
    const problems = [
      ...[
        this.selfCheck.problem,
        unpublished,
        this.certificates?.problem,
        this.erasures?.problem,
        unstored,
        this.watch?.problem,
        this.rules?.problemOf(watch),
      ],
      replica?.problem,
      ...strangers.map((each) => each?.problem),
      ...((await this.streams?.problems()) ?? []),
    ].flatMap((each) => each?.message ?? []);
    const onTheWay = await this.readIngest();
    if (onTheWay !== undefined) problems.push(onTheWay);
    const locksHeld = strangers.flatMap((each) => each?.says ?? []);
    if (monthsReady < FEWEST_MONTHS_READY) throw new PartitionsMissingError(monthsReady);
    if (waitingSeconds > LONGEST_WAIT_SECONDS) throw new SealingLateError(waitingSeconds, this.sequencer.stranger.says);
    if (changeSeconds > (this.drain?.lateAfterSeconds ?? LATE_AFTER_SECONDS)) {
      throw new RowChangesLateError(changeSeconds, this.drain?.status.error, this.drain?.stranger.says);
    }
    return {
      partitions,
      lastPartition: lastPartition ?? null,
      monthsReady,
      sequencer: role,
      sealed: size ?? null,
      waitingEvents,
      rowChanges: this.drain?.status.role ?? 'off',
      rowChangesWaitingSeconds: changeSeconds,
      rowChangesParked: parkedChanges,
      published,
      ...(replica
        ? { readReplica: { asOf: replica.asOf?.toISOString() ?? null, lagSeconds: replica.lagSeconds } }
        : {}),
      ...(locksHeld.length > 0 ? { locksHeld } : {}),
      ...(problems.length > 0 ? { problem: problems.join(' ') } : {}),
    };
  }

  private async readIngest(): Promise<string | undefined> {
    try {
      return await this.envelopes?.problem();
    } catch (error) {
      throw explainLedgerError(error);
    }
  }

  private async readState(): Promise<LedgerState> {
    try {
      return await this.state.state();
    } catch (error) {
      throw explainLedgerError(error);
    }
  }

  private seal(batch: readonly AuditEvent[]): readonly SealedRow[] {
    try {
      return sealEvents(batch, (type) => withOwnEvents(type, this.personalNames.rulesFor(type)));
    } catch (error) {
      throw UnstorableEventsError.create('the ledger', `they cannot be sealed: ${errorMessage(error)}`);
    }
  }

  /** Once more when a month was missing, which is made before. Rejects with why it was not written. */
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

/** A batch of which all was stored before writes nothing, and would not wait for the replicas that may lack it. */
async function append(session: LedgerSession, statement: ReturnType<typeof insertEvents>): Promise<void> {
  const { rowCount } = await session.query(statement);
  if (rowCount === 0) await awaitReplicas(session);
}
