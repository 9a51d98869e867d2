import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { AuditAggregator } from '../../../../audit/index.js';
import { explainLedgerError } from '../../store/explain-ledger-error.js';
import { firstIdAt } from '../../store/id-time.js';
import { STORE_OPTIONS, type StoreOptions } from '../../store/store-options.js';
import { Sequencer } from '../../sequencer/sequencer.service.js';
import { CheckpointSigner } from '../../signing/checkpoint-signer.service.js';
import { EMPTY_EDGE, fullTilesOf, type TreeEdge } from '../../log/tiles/tree-edge.js';
import { describeFinding, type Finding } from '../finding.js';
import type { KeepsProgress } from '../progress-file.js';
import { verifyLedger } from '../verify-ledger.js';
import { verifyWindow } from '../verify-window.js';
import { IntegrityViolationError } from './integrity-violation.error.js';

/** How the self-check of this instance is doing; counts are since its start. */
export interface SelfCheckStatus {
  /** When the last one ended that could be done. */
  readonly checkedAt?: Date;
  readonly runs: number;
  /** Runs that could not be done, since the ledger could not be read. */
  readonly failedRuns: number;
  readonly checkedEvents: number;
  /** What the ledger's newest places, and each older one when it was last looked at, were found to have. */
  readonly findings: readonly Finding[];
}

/** What is computed again at the boot, before the rest is looked at bit by bit. */
const PLACES_AT_BOOT = 10_240;
/** Of the older events, in each run: a million in two days. */
const WINDOW_PLACES = 4_096;
/** So that requests are answered in between: a page takes a few milliseconds. */
const PAGE_ROWS = 64;
/** How far back events without a leaf are looked for. */
const STRAYS_MS = 3_600_000;

/**
 * Verifies the ledger bit by bit, at boot and every ten minutes: what was sealed since the last time, the newest tile, and a window
 * over older events that goes round. It notices what an incident changes while the application runs, and takes no auditor's place: who
 * controls this process controls it as well.
 */
@Injectable()
export class SelfCheck implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('AuditLedger');
  private readonly stopping = new AbortController();
  private edge: TreeEdge = EMPTY_EDGE;
  private windowFrom = 0;
  private running: Promise<void> | undefined;
  private reported = '';
  /** Whether no checkpoint was signed since what was found changed. */
  private isNew = false;
  private recent: readonly Finding[] = [];
  private readonly older = new Map<number, readonly Finding[]>();
  private counts = { runs: 0, failedRuns: 0, checkedEvents: 0 };
  private checkedAt: Date | undefined;

  constructor(
    @Inject(STORE_OPTIONS) private readonly options: Pick<StoreOptions, 'connectionUrl'>,
    @Inject(CheckpointSigner) private readonly signer: CheckpointSigner,
    @Inject(AuditAggregator) private readonly aggregator: Pick<AuditAggregator, 'record'>,
    @Inject(Sequencer) sequencer: Pick<Sequencer, 'onCheckpoint'>,
  ) {
    sequencer.onCheckpoint(() => this.lookAgain());
  }

  get status(): SelfCheckStatus {
    const findings = [...this.recent, ...[...this.older.values()].flat()];
    return { ...this.counts, findings, ...(this.checkedAt ? { checkedAt: this.checkedAt } : {}) };
  }

  /** What was found; `undefined` while the ledger is what was signed. */
  get violation(): IntegrityViolationError | undefined {
    const { findings } = this.status;
    const [first] = findings;
    return first && new IntegrityViolationError(findings.length, describeFinding(first));
  }

  /** Once for what was found: a ledger that was restored and adopted continues with its next checkpoint. */
  private lookAgain(): void {
    if (!this.isNew) return;
    this.isNew = false;
    void this.run();
  }

  /** Does not wait. */
  onApplicationBootstrap(): void {
    void this.run();
  }

  /** Ends the run under way. */
  async onApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  /** One run, or the one under way. Never rejects: what is found is in {@link status}, the log, and an event. */
  async run(): Promise<void> {
    this.running ??= this.check().finally(() => (this.running = undefined));
    await this.running;
  }

  private async check(): Promise<void> {
    try {
      const { signal } = this.stopping;
      await this.checkRecent(signal);
      await this.checkWindow(signal);
      this.counts.runs += 1;
      this.checkedAt = new Date();
      this.report();
    } catch (error) {
      if (this.stopping.signal.aborted) return;
      this.counts.failedRuns += 1;
      this.logger.warn(`The ledger's self-check was left out. ${explainLedgerError(error).message}`);
    }
  }

  /**
   * What was found before is looked at again until it is gone: the progress moves on over sound places alone. So is what is not in a full
   * tile yet, at which no window looks.
   */
  private async checkRecent(signal: AbortSignal): Promise<void> {
    const lastSigned = await this.signer.lastSigned.read();
    const progress: KeepsProgress = {
      read: () => Promise.resolve(this.edge),
      write: ({ edge }) => {
        this.edge = fullTilesOf(edge);
        return Promise.resolve();
      },
    };
    const { findings, checked } = await verifyLedger({
      database: this.options.connectionUrl,
      trust: this.signer.trust,
      published: lastSigned === undefined ? [] : [lastSigned],
      progress,
      lastPlaces: PLACES_AT_BOOT,
      straysFromId: firstIdAt(new Date(Date.now() - STRAYS_MS)),
      pageRows: PAGE_ROWS,
      signal,
    });
    this.recent = findings;
    this.counts.checkedEvents += checked;
  }

  private async checkWindow(signal: AbortSignal): Promise<void> {
    const { from, to, findings } = await verifyWindow({
      connectionUrl: this.options.connectionUrl,
      trust: this.signer.trust,
      from: this.windowFrom,
      places: WINDOW_PLACES,
      pageRows: PAGE_ROWS,
      signal,
    });
    for (const start of this.older.keys()) if (start >= from && start < to) this.older.delete(start);
    if (findings.length > 0) this.older.set(from, findings);
    this.windowFrom = to;
    this.counts.checkedEvents += to - from;
  }

  /** Once for the same findings. */
  private report(): void {
    const { violation } = this;
    const seen = JSON.stringify(this.status.findings);
    if (seen === this.reported) return;
    this.reported = seen;
    if (!violation) return;
    this.isNew = true;
    this.logger.error(violation.message);
    void this.aggregator.record('audit_integrity_violation', {
      category: 'system',
      severity: 'critical',
      actor: { type: 'system' },
      reason: violation.message,
    });
  }
}
