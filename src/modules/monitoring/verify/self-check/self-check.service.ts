import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { AuditAggregator } from '../../../../audit/index.js';
import { explainUnlessOwn } from '../../store/sessions/explain-ledger-error.js';
import { firstIdAt } from '../../store/id-time.js';
import { partOf, type HealthPart, type StatePart } from '../../store/health-part.js';
import { STORE_OPTIONS, type StoreOptions } from '../../store/store-options.js';
import { CheckpointSigner } from '../../signing/checkpoint-signer.service.js';
import { EMPTY_EDGE, fullTilesOf, type TreeEdge } from '../../log/tiles/tree-edge.js';
import { describeFinding, type Finding } from '../finding.js';
import type { KeepsProgress } from '../progress-file.js';
import { TIMING } from '../../store/timing.js';
import { verifyLedger } from '../verify-ledger.js';
import { verifyWindow } from '../verify-window.js';
import { IntegrityViolationError } from './integrity-violation.error.js';
import { SelfCheckFailingError } from './self-check-failing.error.js';

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
/** Beyond this, the self-check, which runs every ten minutes, has stopped. */
const LATE_MS = 3_600_000;
const WHEN_LATE = 'See what the log says of the self-check. If nothing, restart this process.';
const WELL = 'The self-checks found nothing that was tampered with. An auditor verifies the whole ledger from outside.';
/** How far back events without a leaf are looked for. */
const STRAYS_MS = 3_600_000;

/**
 * Verifies the ledger bit by bit, at boot and every ten minutes: what was sealed since the last time, the newest tile, and a window
 * over older events that goes round. It notices what an incident changes while the application runs, and takes no auditor's place: who
 * controls this process controls it as well.
 */
@Injectable()
export class SelfCheck implements HealthPart, OnApplicationBootstrap, OnApplicationShutdown {
  readonly part = 'integrity';
  private readonly logger = new Logger('AuditLedger');
  private readonly stopping = new AbortController();
  private edge: TreeEdge = EMPTY_EDGE;
  private windowFrom = 0;
  private running: Promise<void> | undefined;
  private reported: ReadonlySet<string> = new Set();
  private again: NodeJS.Timeout | undefined;
  private failedInARow = 0;
  private lastError: Error | undefined;
  private recent: readonly Finding[] = [];
  private readonly older = new Map<number, readonly Finding[]>();
  private counts = { runs: 0, failedRuns: 0, checkedEvents: 0 };
  private checkedAt: Date | undefined;

  constructor(
    @Inject(STORE_OPTIONS) private readonly options: Pick<StoreOptions, 'connectionUrl'>,
    @Inject(CheckpointSigner) private readonly signer: CheckpointSigner,
    @Inject(AuditAggregator) private readonly aggregator: Pick<AuditAggregator, 'record'>,
  ) {}

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

  health(): StatePart {
    const { checkedAt, runs, failedRuns, checkedEvents, findings } = this.status;
    const at = checkedAt?.toISOString() ?? null;
    const facts = { checkedAt: at, runs, failedRuns, checkedEvents, findings: findings.length };
    const { violation, problem } = this;
    if (!violation && !problem && checkedEvents === 0) {
      return {
        name: 'integrity',
        status: 'warning',
        says: 'No self-check of this process has seen an event yet.',
        facts,
      };
    }
    const isLate = checkedAt && Date.now() - checkedAt.getTime() > LATE_MS;
    const late = isLate ? { message: `The last self-check ended at ${at}. ${WHEN_LATE}` } : undefined;
    const part = partOf(this.part, [violation ?? problem ?? late], WELL, facts);
    return violation || part.status === 'ok' ? part : { ...part, status: 'warning' };
  }

  /** Why nothing vouches for the ledger now; `undefined` while runs can be done. One that fails may have met a restart. */
  get problem(): SelfCheckFailingError | undefined {
    const { failedInARow, lastError } = this;
    return failedInARow > 1 && lastError ? new SelfCheckFailingError(failedInARow, lastError) : undefined;
  }

  /** Does not wait. */
  onApplicationBootstrap(): void {
    void this.run();
  }

  /** Ends the run under way. */
  async onApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    clearTimeout(this.again);
    await this.running;
  }

  /** One run, or the one under way. Never rejects: what is found is in {@link status}, the log, and an event. */
  async run(): Promise<void> {
    this.running ??= this.check().finally(() => {
      this.running = undefined;
      this.lookAgain();
    });
    await this.running;
  }

  /** A ledger that was repaired, or adopted after a restore, is well soon. */
  private lookAgain(): void {
    clearTimeout(this.again);
    if (!this.violation || this.stopping.signal.aborted) return;
    this.again = setTimeout(() => void this.run(), TIMING.checkAgainMs).unref();
  }

  private async check(): Promise<void> {
    try {
      const { signal } = this.stopping;
      await this.checkRecent(signal);
      await this.checkWindow(signal);
      this.counts.runs += 1;
      this.failedInARow = 0;
      this.checkedAt = new Date();
      this.report();
    } catch (error) {
      if (this.stopping.signal.aborted) return;
      this.counts.failedRuns += 1;
      this.failedInARow += 1;
      const explained = explainUnlessOwn(error);
      this.lastError = explained;
      this.logger.warn(`The ledger's self-check was left out. ${explained.message}`);
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

  /** Only when something is found that was not there at the run before, in whichever order. */
  private report(): void {
    const { violation, reported } = this;
    this.reported = new Set(this.status.findings.map(describeFinding));
    const hasNew = [...this.reported].some((finding) => !reported.has(finding));
    if (!violation || !hasNew) return;
    this.logger.error(violation.message);
    void this.aggregator.record('audit_integrity_violation', {
      category: 'system',
      severity: 'critical',
      actor: { type: 'system' },
      reason: violation.message,
    });
  }
}
