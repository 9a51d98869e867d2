import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { useSession } from '../../../store/sessions/use-session.js';
import { Catalogue, getErrorMessage } from '../../../../audit/nest-free.js';
import { Archives } from '../../archive/archives.js';
import { toAuditError } from '../../../store/sessions/classify-ledger-error.js';
import { RETENTION } from '../../../store/ledger-roles.js';
import { RETENTION_LIMITS } from '../../../store/sessions/session-limits.js';
import { STORE_OPTIONS, type StoreOptions } from '../../../store/store-options.js';
import { resolvePolicy, RETENTION_OPTIONS, type RetentionSlice } from './retention-options.js';
import type { RetentionPolicy } from './retention-policy.js';
import { runRetention, type RetentionReport } from './retention-run.js';
import { surveyMonths, type MonthSurvey } from './survey.js';

/** The numbers of events that a retention run would retire now. */
export interface RetentionPlan {
  readonly policy: RetentionPolicy;
  readonly months: readonly MonthSurvey[];
}

const DEFAULT_HOUR = 3;
/**
 * Retires events at the end of their retention period, every night. Without the option `retention`, retires no events.
 */
@Injectable()
export class Retention implements OnApplicationShutdown {
  private readonly logger = new Logger('AuditLedger');
  private readonly stopping = new AbortController();
  private running: Promise<RetentionReport> | undefined;

  constructor(
    @Inject(STORE_OPTIONS) private readonly store: StoreOptions,
    @Inject(RETENTION_OPTIONS) private readonly options: RetentionSlice,
    @Inject(Archives) private readonly archives: Archives,
    @Inject(Catalogue) private readonly catalogue: Catalogue,
  ) {}

  /**
   * Counts the events that {@link run} would retire now. Resolves with `undefined` if the option `retention` is absent.
   *
   * @throws `AUDIT_LEDGER_UNAVAILABLE`
   */
  async plan(): Promise<RetentionPlan | undefined> {
    const { policy } = this;
    if (policy === undefined) return undefined;
    const months = await useSession(this.store.sequencerUrl, RETENTION, RETENTION_LIMITS, (session) =>
      surveyMonths(session, policy, new Date()),
    );
    return { policy, months };
  }

  /**
   * Retires the due events, and logs the result. If a run is under way in this process, resolves with the result of that run. After a crash
   * or a shutdown, the next run resumes the retirements.
   *
   * @throws `AUDIT_LEDGER_UNAVAILABLE`
   */
  async run(): Promise<RetentionReport | undefined> {
    const { policy, archives } = this;
    if (policy === undefined) return undefined;
    const { sequencerUrl: connectionUrl } = this.store;
    this.running ??= runRetention({ connectionUrl, archives, policy, signal: this.stopping.signal }).finally(() => {
      this.running = undefined;
    });
    try {
      const report = await this.running;
      this.log(report);
      return report;
    } catch (error) {
      throw toAuditError(error);
    }
  }

  /** Calls {@link run} if the current hour is the configured hour. Never rejects, but logs errors. */
  async runInItsHour(): Promise<void> {
    if (new Date().getUTCHours() !== (this.options.retention?.hourUtc ?? DEFAULT_HOUR)) return;
    try {
      await this.run();
    } catch (error) {
      if (this.stopping.signal.aborted) return;
      this.logger.error(
        `Cannot retire the due events. ${getErrorMessage(error)} The application tries again tomorrow.`,
      );
    }
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.running?.catch(() => undefined); // the caller of run() gets the error
  }

  private get policy(): RetentionPolicy | undefined {
    return this.options.retention && resolvePolicy(this.options.retention, this.catalogue);
  }

  private log({ isBusy, retired, waiting, problems }: RetentionReport): void {
    if (isBusy) this.logger.log('Another process retires events.');
    for (const { partition, events, archive } of retired) {
      this.logger.log(`Retired ${events} events of ${partition}; they are in the archive ${archive}.`);
    }
    for (const why of waiting) this.logger.warn(`Not retired yet: ${why}.`);
    for (const problem of problems) this.logger.error(problem);
  }
}
