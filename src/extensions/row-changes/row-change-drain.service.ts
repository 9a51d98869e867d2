import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { AuditAggregator } from '../../audit/index.js';
import { PersonalNames } from '../../audit/internal.js';
import { extendWithOwnRules } from '../../monitoring/read/access/own-events.js';
import { toAuditError } from '../../monitoring/store/sessions/classify-ledger-error.js';
import { Sequencer } from '../../monitoring/sealer/sequencer.service.js';
import type { LeaderRole } from '../../monitoring/operate/jobs/leader-loop.js';
import type { SealSource } from '../../monitoring/sealer/seal-source.js';
import type { SealedRow } from '../../monitoring/store/seal-row.js';
import type { LedgerSession } from '../../monitoring/store/sessions/ledger-session.js';
import { LedgerStateReader } from '../../monitoring/store/sessions/ledger-pools.service.js';
import { Periodic } from '../../monitoring/operate/jobs/periodic.js';
import type { Verdict } from '../../monitoring/store/check.js';
import type { KnownLedger } from '../../monitoring/store/ledger-state.js';
import { CAPTURE_OPTIONS, type ResolvedCapture } from './capture-options.js';
import type { EventMaker } from './row-change-event.js';
import { drainBatch, type DrainedBatch } from './drain-batch.js';
import type { LedgerRow } from '../../monitoring/store/ledger-row.js';
import { OUTBOX, toOutbox, assessOutbox, type Outbox } from './outbox-part.js';
import { DrainPace } from '../../monitoring/operate/jobs/drain-pace.js';
import { formatRowTable, retryParked } from './parked-changes.js';
import { TIMING } from '../../monitoring/store/timing.js';

/** The state of this instance's drain, with counts since the instance started. */
export interface DrainStatus extends Omit<DrainedBatch, 'parked' | 'rows'> {
  readonly role: LeaderRole;
  readonly error?: unknown;
}

const SELECT_PENDING = 'SELECT EXISTS (SELECT FROM audit_row_change) AS waiting';

const NO_CHANGES = { changes: 0, unattributed: 0, failed: 0 };

const CHECK_EVERY_MS = 2_000;

/** The leader retries the parked changes at this interval; each new leader also retries them at once. */
const RETRY_EVERY_MS = 3_600_000;

/** Change data capture: seals the row changes of the transactional outbox while this instance is the leader. */
@Injectable()
export class RowChangeDrain implements SealSource, OnApplicationBootstrap, OnApplicationShutdown {
  readonly name = 'RowChangesModule';
  private readonly logger = new Logger('AuditLedger');
  private readonly lateChecks: Periodic;
  private maker: EventMaker | undefined;
  private total = NO_CHANGES;
  private retriedIn: LedgerSession | undefined;
  private retriedAt = -Infinity;
  private isLate = false;
  private readonly pace = new DrainPace();
  private drained: DrainedBatch | undefined;
  private dueAtMs: number | undefined;
  private error: unknown;
  private waitsForSeconds = 0;
  private readonly startedAtMs = performance.now();

  constructor(
    @Inject(CAPTURE_OPTIONS) private readonly options: ResolvedCapture,
    @Inject(AuditAggregator) private readonly aggregator: AuditAggregator,
    @Inject(PersonalNames) private readonly personalNames: PersonalNames,
    @Inject(LedgerStateReader) private readonly reader: Pick<LedgerStateReader, 'rows'>,
    @Inject(Sequencer) private readonly sequencer: Pick<Sequencer, 'addSource' | 'requestSource' | 'status'>,
  ) {
    this.lateChecks = new Periodic({
      step: () => this.checkLate(),
      everyMs: CHECK_EVERY_MS,
      onFailure: () => undefined,
    });
  }

  get status(): DrainStatus {
    const { error, total } = this;
    return { ...total, role: this.sequencer.status.role, ...(error === undefined ? {} : { error }) };
  }

  /** Computes the state of the outbox from a row of {@link OUTBOX}. Before the ledger's first leader, waiting counts from this service's start. */
  readOutbox(row: LedgerRow | undefined, ageSeconds?: number): Outbox | undefined {
    return toOutbox(row, ageSeconds, this.startedAtMs);
  }

  health({ extensionRows, ageSeconds }: KnownLedger): Verdict {
    const outbox = this.readOutbox(extensionRows.get(OUTBOX), ageSeconds);
    const verdict = assessOutbox(outbox, this.options.lateAfterSeconds, this.error);
    return { ...verdict, facts: { ...verdict.facts, role: this.sequencer.status.role } };
  }

  onApplicationBootstrap(): void {
    this.sequencer.addSource(this);
    this.lateChecks.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.lateChecks.stop();
  }

  get pollDelayMs(): number | undefined {
    return this.dueAtMs === undefined ? undefined : Math.max(this.dueAtMs - performance.now(), 0);
  }

  async isWaiting(session: LedgerSession): Promise<boolean> {
    await this.retryInTime(session);
    const [row] = await session.rows(SELECT_PENDING, [], 'audit_row_change_look');
    const waits = row?.waiting === true;
    if (!waits) this.dueAtMs = undefined;
    return waits;
  }

  async store(session: LedgerSession): Promise<readonly SealedRow[]> {
    this.maker ??= await this.makeMaker(session);
    this.pace.adapt(this.waitsForSeconds / (this.options.lateAfterSeconds / 2));
    this.drained = await drainBatch(session, this.maker, this.pace);
    return this.drained.rows;
  }

  onSealed(): void {
    if (this.drained) this.count(this.drained);
    this.lateChecks.runSoon(CHECK_EVERY_MS);
    this.dueAtMs = performance.now() + this.pace.pauseMs;
    this.error = undefined;
  }

  onFailure(error: unknown): void {
    const { message } = toAuditError(error);
    if (this.error === undefined || toAuditError(this.error).message !== message)
      this.logger.warn(`Cannot seal row changes, so they wait in the outbox. ${message} The leader retries.`);
    this.error = error;
    this.dueAtMs = performance.now() + TIMING.reconnectMs;
  }

  /** Every instance checks the lag, so that somebody notices if no instance drains. */
  private async checkLate(): Promise<number> {
    const [row] = await this.reader.rows(OUTBOX);
    this.waitsForSeconds = this.readOutbox(row)?.seconds ?? 0;
    await this.sequencer.requestSource(this.name, this.waitsForSeconds * 1_000);
    const { lateAfterSeconds } = this.options;
    const pauseMs = this.waitsForSeconds > 0 ? CHECK_EVERY_MS : TIMING.outboxCheckMs;
    if (this.waitsForSeconds > lateAfterSeconds === this.isLate) return pauseMs;
    this.isLate = !this.isLate;
    const waits = `${Math.round(this.waitsForSeconds)} s`;
    if (!this.isLate) {
      this.logger.log(`The ledger stores row changes in time again: the oldest waits for ${waits}.`);
      return pauseMs;
    }
    this.logger.error(
      `Row changes wait too long for the ledger: the oldest waits for ${waits}, and lateAfterSeconds is ${lateAfterSeconds}. They are ` +
        'safe in the outbox. Check that an instance with RowChangesModule runs as the login that seals, and read its log.',
    );
    return pauseMs;
  }

  /** A new version, or a repaired schema, may now accept the parked changes. */
  private async retryInTime(session: LedgerSession): Promise<void> {
    const now = performance.now();
    if (this.retriedIn === session && now - this.retriedAt < RETRY_EVERY_MS) return;
    await retryParked(session);
    [this.retriedIn, this.retriedAt] = [session, now];
  }

  private async makeMaker(session: LedgerSession): Promise<EventMaker> {
    const { applicationRoles, bulkRows } = this.options;
    const [row] = await session.rows('SELECT salt FROM audit_row_salt');
    return {
      applicationRoles: applicationRoles ?? (await this.ownRoles()),
      bulkRows,
      salt: row?.salt as Uint8Array, // the column's type
      make: ({ name, input, external }) => this.aggregator.makeExternal(name, input, external),
      redact: (name, state, external) => this.aggregator.redactExternal(name, state, external),
      rulesFor: (type) => extendWithOwnRules(type, this.personalNames.rulesFor(type)),
    };
  }

  private async ownRoles(): Promise<readonly string[]> {
    const [row] = await this.reader.rows('SELECT session_user::text AS role');
    return [String(row?.role)];
  }

  private count({ changes, unattributed, failed, parked }: DrainedBatch): void {
    for (const { row, error } of new Map(parked.map((part) => [part.row, part])).values()) {
      this.logger.error(
        `Row changes of ${formatRowTable(row)} cannot be stored: ${error}. They are parked in audit_row_change_parked, at position ` +
          `${String(row.position)}, with later changes of the same rows. Correct the cause, then run ` +
          '"nestjs-audit-ledger capture retry".',
      );
    }
    if (failed > 0)
      this.logger.error(`Cannot capture the row changes of ${failed} statements, which the rules let pass.`);
    const { total } = this;
    if (unattributed > 0 && total.unattributed === 0)
      this.logger.warn(
        `${unattributed} row change(s) by the application's own login have no actor: they were written outside of a request, outside ` +
          'of the pools of auditedPg(), or before its key was added (guide: row changes). The log says this once; "nestjs-audit-ledger ' +
          'doctor" counts them.',
      );
    this.total = {
      changes: total.changes + changes,
      unattributed: total.unattributed + unattributed,
      failed: total.failed + failed,
    };
  }
}
