import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { AuditAggregator, errorMessage, type AuditInput } from '../../../audit/index.js';
import { explainUnlessOwn } from '../store/sessions/explain-ledger-error.js';
import { partOf, type HealthPart, type KnownLedger, type StatePart } from '../store/health-part.js';
import { STORE_OPTIONS, type StoreOptions } from '../store/store-options.js';
import { CheckpointSigner } from '../signing/checkpoint-signer.service.js';
import { LedgerInconsistentError } from './ledger-inconsistent.error.js';
import { sealingPart } from './sealing-part.js';
import { LogSequencer, type LateSealing, type SequencerRole, type SignedCheckpoint } from './log-sequencer.js';

/** Takes note of a checkpoint, to publish it. What it throws is logged. */
export type CheckpointListener = (checkpoint: SignedCheckpoint) => Promise<void> | void;

/** How the sequencer of this instance is doing. */
export interface SequencerStatus {
  readonly role: SequencerRole;
  /** How many events are sealed; only the leader knows. */
  readonly size?: number;
  /** Present while the ledger is inconsistent and nothing is signed. */
  readonly inconsistency?: LedgerInconsistentError;
}

const SILENT = 'The ledger does not answer. See what the log of the application and of PostgreSQL say.';

/** Runs this instance's sequencer from the boot to the shutdown. One of all instances leads. */
@Injectable()
export class Sequencer implements HealthPart, OnApplicationBootstrap, OnApplicationShutdown {
  readonly part = 'checkpoint';
  private readonly logger = new Logger('AuditLedger');
  private readonly sequencer: LogSequencer;
  private readonly listeners: CheckpointListener[] = [];

  constructor(
    @Inject(STORE_OPTIONS) { sequencerUrl }: StoreOptions,
    @Inject(CheckpointSigner) signer: CheckpointSigner,
    @Inject(AuditAggregator) private readonly aggregator: AuditAggregator,
  ) {
    this.sequencer = new LogSequencer(sequencerUrl, signer, {
      onCheckpoint: (checkpoint) => this.tell(checkpoint),
      onFailure: (error) => this.report(error),
      onRefused: (refused) => this.reportRefused(refused),
      onLate: (late) => this.reportLate(late),
      tell: (level, line) => this.logger[level](line),
    });
  }

  /**
   * From now on, `listener` is told of each checkpoint that this instance signed, once it is committed. The sequencer waits
   * for it: take note, and do slow work elsewhere.
   */
  onCheckpoint(listener: CheckpointListener): void {
    this.listeners.push(listener);
  }

  get status(): SequencerStatus {
    const { role, size, lastError } = this.sequencer;
    return {
      role,
      ...(size === undefined ? {} : { size }),
      ...(lastError instanceof LedgerInconsistentError ? { inconsistency: lastError } : {}),
    };
  }

  health(known: KnownLedger): readonly StatePart[] {
    return [this.checkpoint(known), this.sequencer.stranger.addTo(sealingPart(known))];
  }

  private checkpoint({ isUp, state, ageSeconds }: KnownLedger): StatePart {
    const { role, size: sealed = null, inconsistency } = this.status;
    const age = state?.checkpointAgeSeconds === undefined ? null : Math.round(state.checkpointAgeSeconds + ageSeconds);
    const facts = { size: state?.size ?? null, ageSeconds: age, sequencer: role, sealed };
    const problem = inconsistency ?? (isUp ? undefined : { message: SILENT });
    const says = age === null ? 'No checkpoint is signed yet.' : `The newest checkpoint covers ${facts.size} events.`;
    return partOf(this.part, [problem], says, facts);
  }

  /** Does not wait: a ledger that cannot be reached does not stop the boot. */
  onApplicationBootstrap(): void {
    this.sequencer.start();
  }

  /** Ends after the transaction under way, seals once more, and lets another instance lead: nothing waits for the next start. */
  async onApplicationShutdown(): Promise<void> {
    await this.sequencer.stop();
    await this.aggregator.drain();
    await this.sequencer.finish();
  }

  private async tell(checkpoint: SignedCheckpoint): Promise<void> {
    for (const listener of this.listeners) {
      try {
        await listener(checkpoint);
      } catch (error) {
        this.logger.error(`Cannot hand a checkpoint of size ${checkpoint.size} on: ${errorMessage(error)}.`);
      }
    }
  }

  private reportRefused(refused: ReadonlyMap<string, string>): void {
    for (const [id, why] of refused) {
      this.logger.error(
        `The event ${id} gets no place in the log: ${why}. A login that may add events wrote it past the ledger; verify names it.`,
      );
    }
  }

  /** Until they are sealed, whoever controls the database can change events unnoticed: the log says that it was so. */
  private reportLate({ storedAt, waitedSeconds }: LateSealing): void {
    const input: AuditInput = {
      category: 'system',
      severity: 'warning',
      actor: { type: 'system' },
      details: { storedAt: storedAt.toISOString(), waitedSeconds },
    };
    void this.aggregator.record('audit_sealing_late', input, { onFailure: 'open' });
  }

  private report(error: unknown): void {
    if (!(error instanceof LedgerInconsistentError)) {
      const { message } = explainUnlessOwn(error);
      this.logger.warn(`The ledger is not sealed now: events that are stored wait for it. ${message} Tried again.`);
      return;
    }
    this.logger.error(error.message);
    const input: AuditInput = {
      category: 'system',
      severity: 'critical',
      actor: { type: 'system' },
      reason: error.message,
    };
    // Open, whatever the application says: nobody is there to be refused, and the log has it.
    void this.aggregator.record('audit_ledger_inconsistent', input, { onFailure: 'open' });
  }
}
