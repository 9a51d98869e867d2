import { clearTimeout, setTimeout, type AuditError } from '../../../audit/nest-free.js';
import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { AuditAggregator } from '../../../audit/index.js';
import { toAuditError } from '../../store/sessions/classify-ledger-error.js';
import { createFirstIdAt } from '../../store/id-time.js';
import { VERIFIER } from '../../store/ledger-roles.js';
import { LedgerSession } from '../../store/sessions/ledger-session.js';
import { assess, type Verdict } from '../../store/check.js';
import { STORE_OPTIONS, type StoreOptions } from '../../store/store-options.js';
import { CheckpointSigner } from '../../proof/signing/checkpoint-signer.service.js';
import { TILE_WIDTH } from '../../proof/log/tiles/tile-address.js';
import { EMPTY_EDGE, type TreeEdge } from '../../proof/log/tiles/tree-edge.js';
import { findWeakened, isForeignChange } from '../../store/schema/check-protection.js';
import { describeFinding, type Finding } from '../../proof/verify/finding.js';
import type { ProgressStore } from '../../proof/verify/progress-file.js';
import { TIMING } from '../../store/timing.js';
import { verifyLedger } from '../../proof/verify/verify-ledger.js';
import { verifyWindow } from '../../proof/verify/verify-window.js';
import { ledgerErrors } from '../../errors/ledger.errors.js';

/** The state of this instance's self-check, with counts since the instance started. */
export interface SelfCheckStatus {
  /** When the last successful check ended. */
  readonly checkedAt?: Date;
  readonly runs: number;
  /** The number of runs that failed, because the ledger could not be read. */
  readonly failedRuns: number;
  readonly checkedEvents: number;
  /** The damage in the newest events, and in each window of older events when it was last checked. */
  readonly findings: readonly Finding[];
}

const EVENTS_AT_BOOT = 10_240;
/** In two days, the runs check about a million older events. */
const WINDOW_EVENTS = 4_096;
/** A small page takes only a few milliseconds, so requests can run between two pages. */
const PAGE_ROWS = 64;
/** Normally, the self-check runs every ten minutes. */
const LATE_MS = 3_600_000;
const LATE_ADVICE =
  'Search the log of this process for errors of the self-check. If the log contains no such error, restart this process.';
const PASSED_MESSAGE = 'The self-checks found no tampering. An auditor verifies the whole ledger from outside.';
const NO_EVENT = 'No self-check of this process has checked an event yet.';
/** Events without a leaf are searched up to this age. */
const STRAY_CHECK_MS = 3_600_000;

/**
 * Verifies the ledger in parts, at boot and every ten minutes: newly sealed events, the newest tile, and a moving window over older events.
 * The self-check finds changes while the application runs. The self-check does not replace an auditor, because whoever controls this
 * process also controls the check.
 */
@Injectable()
export class SelfCheck implements OnApplicationShutdown {
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
  /** The sentence about a foreign object on the ledger's tables, or a function of its roles. */
  private foreign: string | undefined;
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

  /** The found damage; `undefined` while the ledger matches its signed checkpoints. */
  get violation(): AuditError | undefined {
    const { findings } = this.status;
    const [first] = findings;
    return first && ledgerErrors.AUDIT_INTEGRITY_VIOLATION(findings.length, describeFinding(first));
  }

  health(): Verdict {
    const { checkedAt, runs, failedRuns, checkedEvents, findings } = this.status;
    const at = checkedAt?.toISOString() ?? null;
    const facts = { checkedAt: at, runs, failedRuns, checkedEvents, findings: findings.length };
    const { violation, problem } = this;
    if (!violation && !problem && this.foreign === undefined && checkedEvents === 0) {
      return { status: 'warning', message: NO_EVENT, facts };
    }
    const isLate = checkedAt && Date.now() - checkedAt.getTime() > LATE_MS;
    const late = isLate ? { message: `The last self-check ended at ${at}. ${LATE_ADVICE}` } : undefined;
    const foreign = this.foreign === undefined ? undefined : { message: this.foreign };
    const verdict = assess([violation ?? problem ?? late ?? foreign], PASSED_MESSAGE, facts);
    return violation || verdict.status === 'ok' ? verdict : { ...verdict, status: 'warning' };
  }

  /** Why the checks fail; `undefined` after a success, and after one failure, which may be a restart of the server. */
  get problem(): AuditError | undefined {
    const { failedInARow, lastError } = this;
    return failedInARow > 1 && lastError ? ledgerErrors.AUDIT_SELF_CHECK_FAILING(failedInARow, lastError) : undefined;
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    clearTimeout(this.again);
    await this.running;
  }

  /** Runs a check, or waits for the current check. Never rejects. Findings are in {@link status}, in the log, and in an event. */
  async run(): Promise<void> {
    this.running ??= this.check().finally(() => {
      this.running = undefined;
      this.recheck();
    });
    await this.running;
  }

  /** Checks again later, because somebody may repair the ledger, or adopt the ledger after a restore. */
  private recheck(): void {
    clearTimeout(this.again);
    if (!this.violation || this.stopping.signal.aborted) return;
    this.again = setTimeout(() => void this.run(), TIMING.checkAgainMs).unref();
  }

  private async check(): Promise<void> {
    try {
      const { signal } = this.stopping;
      await this.checkRecent(signal);
      await this.checkWindow(signal);
      await this.checkProtection(signal);
      this.counts.runs += 1;
      this.failedInARow = 0;
      this.checkedAt = new Date();
      this.report();
    } catch (error) {
      if (this.stopping.signal.aborted) return;
      this.counts.failedRuns += 1;
      this.failedInARow += 1;
      const explained = toAuditError(error);
      this.lastError = explained;
      this.logger.warn(`Cannot run the ledger's self-check. ${explained.message}`);
    }
  }

  /**
   * Progress advances only over sound events, so damage is checked again until its repair. Events outside full tiles are checked again,
   * because the window of older events contains only full tiles.
   */
  private async checkRecent(signal: AbortSignal): Promise<void> {
    const lastSigned = await this.signer.lastSigned.read();
    const progress: ProgressStore = {
      read: () => Promise.resolve(this.edge),
      write: ({ edge }) => {
        this.edge = dropPartialTiles(edge);
        return Promise.resolve();
      },
    };
    const { findings, checked } = await verifyLedger({
      database: this.options.connectionUrl,
      trust: this.signer.trust,
      published: lastSigned === undefined ? [] : [lastSigned],
      progress,
      lastEvents: EVENTS_AT_BOOT,
      straysFromId: createFirstIdAt(new Date(Date.now() - STRAY_CHECK_MS)),
      pageRows: PAGE_ROWS,
      signal,
    });
    this.recent = findings;
    this.counts.checkedEvents += checked;
  }

  private async checkProtection(signal: AbortSignal): Promise<void> {
    const snapshot = await LedgerSession.open(this.options.connectionUrl, VERIFIER, { signal });
    const weakened = await findWeakened(snapshot).finally(() => snapshot.close());
    const foreign = weakened.find(isForeignChange);
    if (foreign !== undefined && foreign !== this.foreign) this.logger.warn(foreign);
    this.foreign = foreign;
  }

  private async checkWindow(signal: AbortSignal): Promise<void> {
    const { from, to, findings } = await verifyWindow({
      connectionUrl: this.options.connectionUrl,
      trust: this.signer.trust,
      from: this.windowFrom,
      maxEvents: WINDOW_EVENTS,
      pageRows: PAGE_ROWS,
      signal,
    });
    for (const start of this.older.keys()) if (start >= from && start < to) this.older.delete(start);
    if (findings.length > 0) this.older.set(from, findings);
    this.windowFrom = to;
    this.counts.checkedEvents += to - from;
  }

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

/** Returns the edge of a smaller tree: the tree of only those leaves that are in full tiles. */
function dropPartialTiles({ size, partials }: TreeEdge): TreeEdge {
  if (size < TILE_WIDTH) return EMPTY_EDGE;
  return { size: size - (size % TILE_WIDTH), partials: [new Uint8Array(), ...partials.slice(1)] };
}
