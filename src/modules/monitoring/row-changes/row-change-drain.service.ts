import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { AuditAggregator, errorMessage, PersonalNames } from '../../../audit/index.js';
import { withOwnEvents } from '../access/own-events.js';
import { explainUnlessOwn } from '../store/explain-ledger-error.js';
import { DRAIN } from '../store/ledger-roles.js';
import { LedgerSession } from '../store/ledger-session.js';
import { LedgerStateReader } from '../store/ledger-state-reader.service.js';
import { LEADER_LIMITS } from '../store/session-limits.js';
import { StrangerAtLock } from '../store/stranger-at-lock.js';
import type { HealthPart, KnownLedger, StatePart } from '../store/state-part.js';
import { STORE_OPTIONS, type StoreOptions } from '../store/store-options.js';
import { CAPTURE_OPTIONS, LATE_AFTER_SECONDS, type CaptureSlice } from './capture-options.js';
import type { EventMaker } from './change-store.js';
import { drainBatch, type DrainedBatch } from './drain-batch.js';
import { outboxPart } from './outbox-part.js';
import { DrainPace } from './drain-pace.js';
import { Lateness } from './lateness.js';
import { nameOfRow, retryParked } from './parked-changes.js';
import { TIMING } from '../store/timing.js';

/** What the drain of this instance is doing; `off` without the option `capture`. */
export type DrainRole = 'off' | 'disconnected' | 'standby' | 'draining';

/** How the drain of this instance is doing since the start. */
export interface DrainStatus extends Omit<DrainedBatch, 'parked'> {
  readonly role: DrainRole;
  /** Why the last attempt failed. */
  readonly error?: unknown;
}

/** How long to wait for the next step, by what the last one found. */
const PAUSE: Readonly<Record<Exclude<DrainRole, 'off'>, keyof typeof TIMING>> = {
  disconnected: 'reconnectMs',
  standby: 'standbyMs',
  draining: 'drainMs',
};

const NOTHING = { changes: 0, unattributed: 0, failed: 0 };

/** How often it is looked at for how long changes wait. */
const LOOK_EVERY_MS = 2_000;
const OLDEST = `
  SELECT extract(epoch FROM clock_timestamp() - changed_at)::float8 AS seconds FROM audit_row_change ORDER BY position LIMIT 1`;

/** How often parked changes are tried again; also by each new leader. */
const RETRY_EVERY_MS = 3_600_000;

/**
 * Brings captured row changes into the ledger, as one of the application's instances: the one that has the lock.
 *
 * ```
 *   disconnected ──connects──▶ standby ──gets the lock──▶ draining
 *        ▲                                                   │
 *        └──────────── connection lost, or any error ────────┘
 * ```
 */
@Injectable()
export class RowChangeDrain implements HealthPart, OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('AuditLedger');
  private session: LedgerSession | undefined;
  private maker: EventMaker | undefined;
  private role: DrainRole;
  private error: unknown;
  private total = NOTHING;
  private timer: NodeJS.Timeout | undefined;
  private step: Promise<void> = Promise.resolve();
  private isStopped = false;
  private retriedAt: number | undefined;
  private lookedAt: number | undefined;
  private readonly lateLimit: number;
  private readonly lateness: Lateness;
  private readonly pace = new DrainPace();
  private waitsForSeconds = 0;
  /** Who holds the lock in place of an instance. */
  readonly stranger = new StrangerAtLock('captured row changes wait for the ledger', (level, line) =>
    this.logger[level](line),
  );

  constructor(
    @Inject(STORE_OPTIONS) private readonly store: StoreOptions,
    @Inject(CAPTURE_OPTIONS) private readonly options: CaptureSlice,
    @Inject(AuditAggregator) private readonly aggregator: AuditAggregator,
    @Inject(PersonalNames) private readonly personalNames: PersonalNames,
    @Inject(LedgerStateReader) private readonly reader: Pick<LedgerStateReader, 'rows'>,
  ) {
    this.role = options.capture ? 'disconnected' : 'off';
    this.lateLimit = options.capture?.lateAfterSeconds ?? LATE_AFTER_SECONDS;
    this.lateness = new Lateness(this.lateLimit, (line, isOver) => {
      if (isOver) this.logger.log(line);
      else this.logger.error(line);
    });
  }

  get status(): DrainStatus {
    return { ...this.total, role: this.role, ...(this.error === undefined ? {} : { error: this.error }) };
  }

  health(known: KnownLedger): StatePart {
    const { lateAfterSeconds } = this.options.capture ?? {};
    const part = outboxPart(known, { lateAfterSeconds, error: this.error, stranger: this.stranger });
    return { ...part, facts: { ...part.facts, role: this.role } };
  }

  /** Does not wait: a ledger that cannot be reached does not stop the boot. */
  onApplicationBootstrap(): void {
    if (this.options.capture) this.stepAfter(0);
  }

  /** Ends after the transaction under way, and lets another instance drain. */
  async onApplicationShutdown(): Promise<void> {
    this.isStopped = true;
    this.pace.hurry();
    clearTimeout(this.timer);
    await this.step;
    await this.close();
  }

  private stepAfter(pauseMs: number): void {
    if (this.isStopped) return;
    this.timer = setTimeout(() => {
      this.step = this.advance().then((nextPauseMs) => this.stepAfter(nextPauseMs));
    }, pauseMs);
  }

  /** Never rejects. */
  private async advance(): Promise<number> {
    try {
      this.role = await this.drainAll();
      this.error = undefined;
    } catch (error) {
      if (errorMessage(error) !== errorMessage(this.error)) this.report(error);
      this.error = error;
      await this.close();
    }
    await this.followLateness();
    return this.role === 'off' ? 0 : TIMING[PAUSE[this.role]];
  }

  private async drainAll(): Promise<DrainRole> {
    if (this.session?.isLost) await this.close();
    this.session ??= await LedgerSession.open(this.store.sequencerUrl, DRAIN, LEADER_LIMITS);
    if (this.role !== 'draining') {
      const isLocked = await this.session.tryToLock();
      this.stranger.note(isLocked ? undefined : await this.session.lockHolder());
      if (!isLocked) return 'standby';
      this.retriedAt = undefined;
    }
    this.role = 'draining';
    await this.retryInTime(this.session);
    this.maker ??= await this.makeMaker(this.session);
    let drained: DrainedBatch | undefined;
    do {
      this.pace.adapt(this.waitsForSeconds / (this.lateLimit / 2));
      drained = await drainBatch(this.session, this.maker, this.pace);
      if (drained) this.count(drained);
      await this.followLateness();
    } while (drained && !this.isStopped);
    return 'draining';
  }

  /** Every instance does, so that it is told where none drains. Never rejects: an error is told of by the drain and by `/health`. */
  private async followLateness(): Promise<void> {
    const now = performance.now();
    if (this.lookedAt !== undefined && now - this.lookedAt < LOOK_EVERY_MS) return;
    this.lookedAt = now;
    try {
      const [row] = await this.reader.rows(OLDEST);
      this.waitsForSeconds = Number(row?.seconds ?? 0);
      this.lateness.note(this.waitsForSeconds);
    } catch {
      // Looked at again.
    }
  }

  /** What a new version, or a repaired schema, can store now. */
  private async retryInTime(session: LedgerSession): Promise<void> {
    const now = performance.now();
    if (this.retriedAt !== undefined && now - this.retriedAt < RETRY_EVERY_MS) return;
    await retryParked(session);
    this.retriedAt = now;
  }

  private async makeMaker(session: LedgerSession): Promise<EventMaker> {
    const { applicationRoles, bulkRows = Infinity } = this.options.capture ?? {};
    const [row] = await session.rows('SELECT salt FROM audit_row_salt');
    return {
      applicationRoles: applicationRoles ?? (await this.ownRoles()),
      bulkRows,
      salt: row?.salt as Uint8Array, // the column's type
      make: ({ name, input, elsewhere }) => this.aggregator.makeElsewhere(name, input, elsewhere),
      redact: (name, state, elsewhere) => this.aggregator.redactElsewhere(name, state, elsewhere),
      rulesFor: (type) => withOwnEvents(type, this.personalNames.rulesFor(type)),
    };
  }

  private async ownRoles(): Promise<readonly string[]> {
    const [row] = await this.reader.rows('SELECT session_user::text AS role');
    return [String(row?.role)];
  }

  private count({ changes, unattributed, failed, parked }: DrainedBatch): void {
    for (const { row, error } of new Map(parked.map((part) => [part.row, part])).values()) {
      this.logger.error(
        `Row changes of ${nameOfRow(row)} cannot be stored: ${error}. They are parked in audit_row_change_parked, at position ` +
          `${String(row.position)}, and later changes of the same rows wait behind them. Correct the cause, then run ` +
          '"nestjs-audit-ledger capture retry".',
      );
    }
    if (failed > 0) this.logger.error(`Cannot capture the row changes of ${failed} statements, which were let pass.`);
    const { total } = this;
    this.total = {
      changes: total.changes + changes,
      unattributed: total.unattributed + unattributed,
      failed: total.failed + failed,
    };
  }

  private async close(): Promise<void> {
    await this.session?.close();
    this.session = undefined;
    if (this.role !== 'off') this.role = 'disconnected';
  }

  private report(error: unknown): void {
    const { message } = explainUnlessOwn(error);
    this.logger.warn(`Cannot bring row changes to the ledger: they wait in its outbox. ${message} Tried again.`);
  }
}
