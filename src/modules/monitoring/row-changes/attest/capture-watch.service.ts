import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { appendOwnEvent } from '../../store/append-own-event.js';
import { explainLedgerError } from '../../store/explain-ledger-error.js';
import { timeOfId } from '../../store/id-time.js';
import { ATTESTER, AUDITOR } from '../../store/ledger-roles.js';
import { LedgerSession } from '../../store/ledger-session.js';
import { STORE_OPTIONS, type StoreOptions } from '../../store/store-options.js';
import { CAPTURE_OPTIONS, type CaptureSlice } from '../capture-options.js';
import { reconcileLedger } from '../reconcile/reconcile-ledger.js';
import { describeMismatch, type Reconciliation } from '../reconcile/reconciliation.js';
import { attestCapture } from './attest-capture.js';
import { describeAlteration, isSuspicious, type Alteration } from './capture-state.js';

/** How watching the capture went in this process, since its start. */
export interface CaptureWatchStatus {
  /** When the last attestation ended. */
  readonly attestedAt?: Date;
  /** How many differences there were that may mean changes without an event. */
  readonly alterations: number;
  /** The last time that live rows were held against their events. */
  readonly reconciled?: Pick<Reconciliation, 'checkedAt' | 'verdict' | 'totalFindings'>;
  /** Runs that failed, since the ledger could not be read. */
  readonly failedRuns: number;
}

/** The event of each reconciliation on schedule. */
const RECONCILED_TYPE = 'audit_capture_reconciled';

const LAST_RECONCILED = `SELECT id FROM audit_event WHERE type = '${RECONCILED_TYPE}' ORDER BY id DESC LIMIT 1`;
/** A run that began a little later than the last one is due all the same. */
const SLACK_MS = 300_000;
const HOUR_MS = 3_600_000;
/** So that a slow server is not mistaken for one that hangs, and one that hangs does not hold the lock. */
const LIMITS = { statementTimeoutMs: 30_000, answerTimeoutMs: 32_000 };

/**
 * Watches the capture of row changes, at boot and hourly: whether its triggers, functions and tables are as they were attested last,
 * and, by the option `reconcileEveryHours`, whether each row is as its last event says. One instance of all does.
 */
@Injectable()
export class CaptureWatch implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('AuditLedger');
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;
  private counts = { alterations: 0, failedRuns: 0 };
  private attestedAt: Date | undefined;
  private reconciled: CaptureWatchStatus['reconciled'];

  constructor(
    @Inject(STORE_OPTIONS) private readonly store: Pick<StoreOptions, 'connectionUrl' | 'sequencerUrl'>,
    @Inject(CAPTURE_OPTIONS) private readonly options: CaptureSlice,
  ) {}

  get status(): CaptureWatchStatus {
    const { counts, attestedAt, reconciled } = this;
    return { ...counts, ...(attestedAt && { attestedAt }), ...(reconciled && { reconciled }) };
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
    if (!this.options.capture) return;
    this.running ??= this.watch().finally(() => (this.running = undefined));
    await this.running;
  }

  private async watch(): Promise<void> {
    const limits = { ...LIMITS, signal: this.stopping.signal };
    try {
      await LedgerSession.use(this.store.sequencerUrl, ATTESTER, limits, async (session) => {
        if (!(await session.tryToLock())) return;
        const isDue = await LedgerSession.use(this.store.connectionUrl, AUDITOR, limits, async (auditor) => {
          this.tell(await attestCapture(session, auditor));
          return this.isDue(auditor);
        });
        if (isDue) await this.reconcile(session);
      });
    } catch (error) {
      if (this.stopping.signal.aborted) return;
      this.counts.failedRuns += 1;
      this.logger.warn(
        `Cannot watch the capture of row changes. ${explainLedgerError(error).message} Tried again in an hour.`,
      );
    }
  }

  private tell(alterations: readonly Alteration[]): void {
    this.attestedAt = new Date();
    const suspicious = alterations.filter(isSuspicious);
    this.counts.alterations += suspicious.length;
    if (suspicious.length === 0) return;
    this.logger.error(
      `The capture of row changes was altered: ${suspicious.map(describeAlteration).join('; ')}. ` +
        'Unless a migration did it, run "nestjs-audit-ledger capture check" and "nestjs-audit-ledger capture reconcile".',
    );
  }

  private async isDue(auditor: LedgerSession): Promise<boolean> {
    const hours = this.options.capture?.reconcileEveryHours;
    if (hours === undefined) return false;
    const [last] = await auditor.rows(LAST_RECONCILED);
    return !last || Date.now() - timeOfId(String(last.id)).getTime() >= hours * HOUR_MS - SLACK_MS;
  }

  private async reconcile(session: LedgerSession): Promise<void> {
    const { signal } = this.stopping;
    const found = await reconcileLedger({ database: this.store.connectionUrl, signal });
    const { verdict, checkedAt, totalFindings, tables, findings, notes } = found;
    await appendOwnEvent(session, RECONCILED_TYPE, {
      category: 'system',
      severity: verdict === 'complete' ? 'info' : 'error',
      outcome: verdict === 'complete' ? 'success' : 'failure',
      actor: { type: 'system' },
      details: {
        verdict,
        checkedAt,
        totalFindings,
        tables: tables.map(({ table, rows, counts }) => ({ table, rows, counts: { ...counts } })),
        notes: [...notes],
      },
    });
    this.reconciled = { verdict, checkedAt, totalFindings };
    const [first] = findings;
    if (!first) return;
    this.logger.error(
      `Row changes are missing: ${totalFindings} ${totalFindings === 1 ? 'finding' : 'findings'}, the first: ${describeMismatch(first)}. ` +
        'Run "nestjs-audit-ledger capture reconcile" for all.',
    );
  }
}
