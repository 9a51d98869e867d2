import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { uuidv7 } from 'uuidv7';
import { AuditAggregator, errorMessage, type PreparedEvent } from '../../../audit/index.js';
import { signedEvent } from '../../monitoring/acts/signed-state.js';
import type { StatementSigner } from '../../monitoring/log/notes/statement.js';
import { CheckpointSigner } from '../../monitoring/signing/checkpoint-signer.service.js';
import { appendEvent } from '../../monitoring/store/append-own-event.js';
import { PrimaryReader } from '../../monitoring/store/ledger-reader.service.js';
import { MINUTE_MS, Periodic } from '../../monitoring/jobs/periodic.js';
import { explainUnlessOwn } from '../../monitoring/store/sessions/classify-ledger-error.js';
import { LedgerClock } from '../../monitoring/store/ledger-clock.js';
import type { LedgerSession } from '../../monitoring/store/sessions/ledger-session.js';
import { BackgroundPool } from '../../monitoring/store/sessions/ledger-pools.service.js';
import { ALERT_TYPES, checkAlert, CHECKS } from '../alert-event.js';
import { WATCH_OPTIONS, type ResolvedWatch } from '../watch-options.js';
import { canariesFor, canaryInput, type Canary } from './canary.js';
import {
  claimCanaries,
  lockCanaries,
  sealedCanaries,
  storedCanaries,
  alertedCanaries,
  type RecordedCanary,
} from './canary-store.js';

const LATE_MS = 60 * 60_000;
const MAX_AGE_MS = 7 * 24 * 60 * 60_000;

/**
 * Records a canary of each event type daily, like any event: through the aggregator and the providers into the ledger. A canary that is not sealed
 * after an hour raises an alert. Signed rows show which canaries were recorded, so that only one instance records each canary.
 */
@Injectable()
export class Canaries implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('AuditLedger');
  private readonly canaries: readonly Canary[];
  /** With this map, the instance notices a missing canary even if somebody deleted the canary's row. */
  private readonly own = new Map<string, RecordedCanary>();
  private readonly periodic = new Periodic({
    step: () => this.step(),
    everyMs: MINUTE_MS,
    onFailure: (error) =>
      this.logger.warn(`Cannot record canaries: ${explainUnlessOwn(error).message} The next attempt is in a minute.`),
  });

  constructor(
    @Inject(WATCH_OPTIONS) { rules, canaries }: ResolvedWatch,
    @Inject(BackgroundPool) private readonly sessions: BackgroundPool,
    @Inject(AuditAggregator) private readonly aggregator: AuditAggregator,
    @Inject(LedgerClock) private readonly clock: LedgerClock,
    @Inject(PrimaryReader) private readonly reader: PrimaryReader,
    @Inject(CheckpointSigner) private readonly signer: StatementSigner,
  ) {
    this.canaries = canaries ? canariesFor(rules) : [];
  }

  /** Starts without waiting. */
  onApplicationBootstrap(): void {
    if (this.canaries.length > 0) this.periodic.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.periodic.stop();
  }

  /** Records today's missing canaries, and raises due alerts. Never rejects. */
  async run(): Promise<void> {
    await this.periodic.run();
  }

  private async step(): Promise<void> {
    const now = await this.sessions.use((session) => this.clock.nowIn(session));
    const since = dayOf(now - MAX_AGE_MS);
    for (const [key, { day }] of this.own) if (day < since) this.own.delete(key);
    await this.sessions.use((session) => session.inTransaction(async () => this.raiseMissing(session, now, since)));
    await this.recordMissing(now);
  }

  private async recordMissing(now: number): Promise<void> {
    const day = dayOf(now);
    const { trust } = this.signer;
    const { recorded, forged } = await this.sessions.use((session) => storedCanaries(session, day, trust));
    const known = new Set([...recorded, ...this.own.values()].map(keyOf));
    const lacking = this.canaries.filter(({ type }) => !known.has(keyOf({ type, day })));
    const prepared = lacking.map((canary) => this.prepare(canary, day));
    if (prepared.length === 0) return;
    const recordedAt = new Date(now).toISOString();
    const claims = prepared.map(({ type, eventId }) => ({ type, day, eventId, recordedAt }));
    const taken = await this.sessions.use((session) => claimCanaries(session, claims, forged, this.signer));
    for (const claim of claims) if (taken.has(claim.type)) this.own.set(keyOf(claim), claim);
    for (const { type, event } of prepared) {
      // A failed delivery is not repeated: the canary is then missing, and raises an alert.
      if (taken.has(type)) await event?.deliver().catch((error: unknown) => this.logFailure(type, error));
    }
  }

  private prepare(canary: Canary, day: string): { type: string; eventId: string; event?: PreparedEvent } {
    const { type } = canary;
    try {
      const tenant = this.aggregator.requiresContext ? { tenantId: 'audit-canary' } : {};
      const event = this.aggregator.prepare(type, { ...canaryInput(canary, day), ...tenant });
      return { type, eventId: event.event.id, event };
    } catch (error) {
      this.logFailure(type, error);
      return { type, eventId: uuidv7() };
    }
  }

  private logFailure(type: string, error: unknown): void {
    this.logger.warn(`Cannot record the canary of ${type}: ${errorMessage(error)}`);
  }

  private async raiseMissing(session: LedgerSession, now: number, since: string): Promise<void> {
    await lockCanaries(session);
    const { trust } = this.signer;
    const { recorded } = await storedCanaries(session, since, trust);
    const isLate = ({ recordedAt }: RecordedCanary): boolean => Date.parse(recordedAt) < now - LATE_MS;
    const late = [...recorded, ...this.own.values()].filter(isLate);
    const sealed = await sealedCanaries(session, late);
    const lost = new Map(late.filter(({ eventId }) => !sealed.has(eventId)).map((canary) => [keyOf(canary), canary]));
    if (lost.size === 0) return;
    const alerted = await alertedCanaries(this.reader, since, trust);
    for (const [key, canary] of lost) {
      if (alerted.has(key)) continue;
      const { type, day, eventId, recordedAt } = canary;
      const about = { group: { type }, day, matched: [eventId], firstAt: recordedAt, lastAt: recordedAt };
      const input = checkAlert(CHECKS.canary, 'high', `No canary of ${type} reached the ledger`, about);
      const alert = signedEvent(
        this.signer,
        { kind: 'canary-alert', statement: { type, day } },
        ALERT_TYPES.raised,
        input,
      );
      await appendEvent(session, alert);
      this.logger.warn(
        `Alert (high): no canary of ${type} reached the ledger on ${day}. The event of the alert is ${alert.id}.`,
      );
    }
  }
}

function keyOf({ type, day }: Pick<RecordedCanary, 'type' | 'day'>): string {
  return `${type} ${day}`;
}

function dayOf(moment: number): string {
  return new Date(moment).toISOString().slice(0, 10);
}
