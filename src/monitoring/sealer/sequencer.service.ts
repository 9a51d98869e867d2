import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { AuditAggregator, type AuditInput } from '../../audit/index.js';
import { AUDIT_OPTIONS, type ResolvedAuditOptions } from '../../audit/internal.js';
import {
  Catalogue,
  clearTimeout,
  getErrorMessage,
  setTimeout,
  hasCode,
  withTimeout,
  type AuditError,
} from '../../audit/nest-free.js';
import type { SignedCheckpoint } from '../proof/log/notes/checkpoint.js';
import { toAuditError } from '../store/sessions/classify-ledger-error.js';
import { assess, NO_ANSWER_ADVICE, type Verdict } from '../store/check.js';
import { assessSealing, type KnownLedger } from '../store/ledger-state.js';
import { isWeb, STORE_OPTIONS, type StoreOptions } from '../store/store-options.js';
import { READER, SEQUENCER } from '../store/ledger-roles.js';
import { useSession } from '../store/sessions/use-session.js';
import { PROBE_LIMITS } from '../store/sessions/session-limits.js';
import { checkWriter, noteWriters } from '../inbox/known-writers.js';
import { noteOwnTypes } from '../store/own-types.js';
import { TIMING } from '../store/timing.js';
import { CheckpointSigner } from '../proof/signing/checkpoint-signer.service.js';
import type { LeaderRole } from '../operate/jobs/leader-loop.js';
import { LogSequencer, type SequencerListener } from './log-sequencer.js';
import type { OldestPending } from './assign-sequence.js';
import { ROW_CHECKER } from './row-checker.js';
import type { SealSource } from './seal-source.js';
import type { DuplicateEvent } from './idempotency-keys.js';
import type { ParkedLine } from './seal-lines.js';
import { countLines } from './parked-lines.js';
import { MINUTE_MS } from '../operate/jobs/periodic.js';

/** Receives a committed checkpoint, for example to publish it. The sequencer logs the listener's errors. */
export type CheckpointListener = (checkpoint: SignedCheckpoint) => Promise<void> | void;

/** The state of this instance's sequencer. */
export interface SequencerStatus {
  readonly role: LeaderRole;
  /** The number of sealed events; present only if this instance leads. */
  readonly size?: number;
  /** Present while this instance signs nothing, because the ledger is inconsistent. */
  readonly inconsistency?: AuditError;
}

/** The log names at most so many types of duplicates. */
const MAX_DUPLICATE_TYPES = 1_000;

/** Runs the sequencer of this instance from the boot to the shutdown. Only one of all instances leads. */
@Injectable()
export class Sequencer implements OnModuleInit, OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('AuditLedger');
  private readonly sequencer: LogSequencer;
  private readonly listeners: CheckpointListener[] = [];
  private isStopping = false;
  private parkedLines = 0;
  private duplicateEvents = 0;
  private readonly duplicateTypes = new Set<string>();
  private parkedTimer: NodeJS.Timeout | undefined;

  constructor(
    @Inject(STORE_OPTIONS) private readonly store: Pick<StoreOptions, 'connectionUrl' | 'sequencerUrl'>,
    @Inject(CheckpointSigner) private readonly signer: CheckpointSigner,
    @Inject(AuditAggregator) private readonly aggregator: AuditAggregator,
    @Inject(AUDIT_OPTIONS) private readonly audit: Pick<ResolvedAuditOptions, 'writerKeys'>,
    @Inject(Catalogue) catalogue: Catalogue,
  ) {
    const listener: SequencerListener = {
      onLead: (session) => noteOwnTypes(session, catalogue),
      onCheckpoint: (checkpoint) => this.notify(checkpoint),
      onFailure: (error) => this.report(error),
      onParked: (parked) => this.reportParked(parked),
      onDuplicates: (duplicates) => this.reportDuplicates(duplicates),
      onLate: (late) => this.reportLate(late),
      notify: (level, line) => this.logger[level](line),
    };
    this.sequencer = new LogSequencer(store.sequencerUrl, signer, listener);
  }

  /** Calls `listener` with each later checkpoint after the commit. The sequencer waits for `listener`, so do slow work elsewhere. */
  onCheckpoint(listener: CheckpointListener): void {
    this.listeners.push(listener);
  }

  /** Lets this instance seal from a source, while it leads. */
  addSource(source: SealSource): void {
    this.sequencer.sources.push(source);
  }

  /** Asks for the lead if a source has waited for long, because the leader may be an instance without the source. */
  async requestSource(source: string, waitsMs: number): Promise<void> {
    if (waitsMs > TIMING.yieldMs) await this.sequencer.requestYield(source);
  }

  /**
   * Called for each batch that this process writes. The leader then looks soon, and need not query while nobody writes.
   *
   * @param pauseMs the longest pause before the look @defaultValue TIMING.sealMs
   */
  onWrite(pauseMs = TIMING.sealMs): void {
    this.sequencer.expect(pauseMs);
  }

  get status(): SequencerStatus {
    const { role, size, lastError } = this.sequencer;
    return {
      role,
      ...(size === undefined ? {} : { size }),
      ...(hasCode(lastError, 'AUDIT_LEDGER_INCONSISTENT') ? { inconsistency: lastError } : {}),
    };
  }

  /** The number of events that this process did not seal, because earlier events have the same idempotency keys. */
  get duplicates(): number {
    return this.duplicateEvents;
  }

  healthOfSealing(known: KnownLedger): Verdict {
    if (isWeb(this.store)) return assessSealing(known, true);
    const { lastError, foreignLockHolder } = this.sequencer;
    const failed = hasCode(lastError, 'AUDIT_CHECK_THREAD_FAILED') ? lastError : undefined;
    const verdict = foreignLockHolder.addTo(assessSealing(known, false, failed));
    return { ...verdict, facts: { ...verdict.facts, thread: ROW_CHECKER.isRunning ? 'running' : 'resting' } };
  }

  healthOfCheckpoint({ isUp, state, ageSeconds }: KnownLedger): Verdict {
    const { role, size: sealed = null, inconsistency } = this.status;
    const age = state?.checkpointAgeSeconds === undefined ? null : Math.round(state.checkpointAgeSeconds + ageSeconds);
    const facts = { size: state?.size ?? null, ageSeconds: age, sequencer: role, sealed };
    const { problem, lastSigned } = this.signer;
    const problems = [
      inconsistency ?? (isUp ? undefined : { message: NO_ANSWER_ADVICE }),
      problem,
      ...lastSigned.problems,
    ];
    const message =
      age === null ? 'No checkpoint is signed yet.' : `The newest checkpoint covers ${facts.size} events.`;
    return assess(problems, message, facts);
  }

  /**
   * Makes a missing key of the writers, and compares the key with the ledger's, in which a process that seals notes its keys. An unreachable ledger does not stop the boot: it is compared
   * when an event is stored.
   *
   * @throws `AUDIT_WRITER_UNKNOWN` if the ledger does not accept what this process would record
   * @throws `AUDIT_CHECK_THREAD_FAILED` if this process cannot start the thread that checks what it seals
   */
  async onModuleInit(): Promise<void> {
    await this.audit.writerKeys.make();
    if (!isWeb(this.store)) ROW_CHECKER.findFile();
    const { connectionUrl, sequencerUrl } = this.store;
    const noted = isWeb(this.store)
      ? useSession(connectionUrl, READER, PROBE_LIMITS, checkWriter)
      : useSession(sequencerUrl, { ...SEQUENCER, name: 'boot' }, PROBE_LIMITS, noteWriters);
    await withTimeout(TIMING.bootMs, noted, () => undefined).catch((error: unknown) => {
      if (hasCode(error, 'AUDIT_WRITER_UNKNOWN')) throw error;
    });
  }

  /**
   * Starts the sequencer without waiting for the ledger, so that an unreachable ledger does not stop the boot. With the role `web`, the
   * sequencer ends at its first step.
   */
  onApplicationBootstrap(): void {
    this.sequencer.start();
  }

  /**
   * Stops after the current transaction. Seals what waits, so that new events need not wait for the next start, and releases the leader's
   * lock.
   */
  async onApplicationShutdown(): Promise<void> {
    this.isStopping = true;
    clearTimeout(this.parkedTimer);
    await this.sequencer.stop();
    await this.aggregator.drain();
    await this.sequencer.finish();
  }

  private async notify(checkpoint: SignedCheckpoint): Promise<void> {
    for (const listener of this.listeners) {
      try {
        await listener(checkpoint);
      } catch (error) {
        this.logger.error(
          `Cannot pass the checkpoint of size ${checkpoint.size} to a listener: ${getErrorMessage(error)}.`,
        );
      }
    }
  }

  /** Somebody could forge many lines, so at most one event a minute states how many. */
  private reportParked(parked: readonly ParkedLine[]): void {
    const lines = parked.reduce((sum, { line }) => sum + countLines(line), 0);
    this.logger.error(
      `${parked[0]?.reason ?? ''} Parked this line, and ${lines - 1} other(s): see nestjs-audit-ledger seal parked.`,
    );
    this.parkedLines += lines;
    this.parkedTimer ??= this.notifyParked();
  }

  /** A repeated call is ordinary, but the same key for two facts loses one of them. So the log has one line for each type. */
  private reportDuplicates(duplicates: readonly DuplicateEvent[]): void {
    this.duplicateEvents += duplicates.length;
    for (const { id, type, of } of duplicates) {
      if (this.duplicateTypes.has(type) || this.duplicateTypes.size === MAX_DUPLICATE_TYPES) continue;
      this.duplicateTypes.add(type);
      this.logger.warn(
        `Did not seal the event ${id} (${type}): the event ${of} has the same idempotency key. If they are two facts, use two keys. Later duplicates of this type are only counted.`,
      );
    }
  }

  private notifyParked(): NodeJS.Timeout | undefined {
    if (this.parkedLines === 0 || this.isStopping) return undefined;
    this.record('audit_lines_parked', { severity: 'critical', details: { lines: this.parkedLines } });
    this.parkedLines = 0;
    return setTimeout(() => (this.parkedTimer = this.notifyParked()), MINUTE_MS).unref();
  }

  /** Reports late sealing, because an administrator of the database can change events unnoticed until the events are sealed. */
  private reportLate({ storedAt, waitedSeconds }: OldestPending): void {
    const details = { storedAt: storedAt.toISOString(), waitedSeconds };
    this.record('audit_sealing_late', { severity: 'warning', details });
  }

  private report(error: unknown): void {
    if (!hasCode(error, 'AUDIT_LEDGER_INCONSISTENT')) {
      const { message } = toAuditError(error);
      this.logger.warn(`Cannot seal the ledger now, so stored events wait. ${message} The sequencer retries.`);
      return;
    }
    this.logger.error(error.message);
    if (this.isStopping) return; // during a shutdown, the providers stop; the next start reports the inconsistency again
    this.record('audit_ledger_inconsistent', { severity: 'critical', reason: error.message });
  }

  /** Records a system event without rejecting, because an error here cannot refuse a request. */
  private record(type: string, input: Partial<AuditInput>): void {
    const systemInput = { ...input, category: 'system', actor: { type: 'system' } } as const;
    void this.aggregator.record(type, systemInput, { onFailure: 'open' });
  }
}
