import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { uuidv7 } from 'uuidv7';
import { AuditAggregator, errorMessage, type PreparedEvent } from '../../../../audit/index.js';
import { appendOwnEvent } from '../../store/append-own-event.js';
import { EveryMinute } from '../../store/every-minute.js';
import { explainUnlessOwn } from '../../store/explain-ledger-error.js';
import { LedgerClock } from '../../store/ledger-clock.js';
import { SEQUENCER } from '../../store/ledger-roles.js';
import type { LedgerSession } from '../../store/ledger-session.js';
import { LedgerSessions } from '../../store/ledger-sessions.js';
import { limitsWithin } from '../../store/session-limits.js';
import { STORE_OPTIONS, type StoreOptions } from '../../store/store-options.js';
import { ALERT_RAISED, CHECKS } from '../alert-event.js';
import { WATCH_OPTIONS, type WatchSlice } from '../watch-options.js';
import { canariesFor, canaryInput, type Canary } from './canary.js';
import {
  canariesOf,
  claimCanaries,
  missingCanaries,
  noteCanaryAlert,
  noteSealedCanaries,
  type RecordedCanary,
} from './canary-store.js';

/** A canary that is not sealed by then is missing. */
const LATE_MS = 60 * 60_000;
const TIMEOUT_MS = 20_000;

/**
 * Records a canary of each event type a day, by the way of all events: aggregator, providers, ledger, sealed. One that is not sealed after an hour raises an alert.
 * The database knows which were recorded, so several instances record one of each.
 */
@Injectable()
export class Canaries implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('AuditLedger');
  private readonly canaries: readonly Canary[];
  private readonly sessions: LedgerSessions;
  private readonly looks = new EveryMinute(
    async () => this.look(),
    (error) =>
      this.logger.warn(
        `The canaries are not recorded now: ${explainUnlessOwn(error).message} Tried again every minute.`,
      ),
  );

  constructor(
    @Inject(WATCH_OPTIONS) { watch, canaries }: WatchSlice,
    @Inject(STORE_OPTIONS) { sequencerUrl }: StoreOptions,
    @Inject(AuditAggregator) private readonly aggregator: AuditAggregator,
    @Inject(LedgerClock) private readonly clock: LedgerClock,
  ) {
    this.canaries = canaries ? canariesFor(watch?.rules ?? []) : [];
    this.sessions = new LedgerSessions(sequencerUrl, { ...SEQUENCER, name: 'canaries' }, limitsWithin(TIMEOUT_MS));
  }

  /** Does not wait. */
  onApplicationBootstrap(): void {
    if (this.canaries.length > 0) this.looks.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.looks.stop();
    await this.sessions.end();
  }

  /** Records what this day lacks, and raises the alerts that are due. Never rejects. */
  async run(): Promise<void> {
    await this.looks.run();
  }

  private async look(): Promise<void> {
    const now = await this.sessions.use((session) => this.clock.nowIn(session));
    await this.sessions.use((session) => noteSealedCanaries(session, now));
    await this.sessions.use((session) => session.inTransaction(async () => this.tellMissing(session, now)));
    await this.recordMissing(now);
  }

  private async recordMissing(now: number): Promise<void> {
    const day = new Date(now).toISOString().slice(0, 10);
    const known = await this.sessions.use((session) => canariesOf(session, day));
    const prepared = this.canaries.filter(({ type }) => !known.has(type)).map((canary) => this.prepare(canary, day));
    if (prepared.length === 0) return;
    const taken = await this.sessions.use((session) => claimCanaries(session, day, prepared, now));
    for (const { type, event } of prepared) {
      // Not twice, even where this fails: the alert says what did not arrive.
      if (taken.has(type)) await event?.deliver().catch((error: unknown) => this.tellFailure(type, error));
    }
  }

  /** One that cannot be made is taken as well: it will be missing. */
  private prepare(canary: Canary, day: string): { type: string; eventId: string; event?: PreparedEvent } {
    const { type } = canary;
    try {
      const tenant = this.aggregator.requiresContext ? { tenantId: 'audit-canary' } : {};
      const event = this.aggregator.prepare(type, { ...canaryInput(canary, day), ...tenant });
      return { type, eventId: event.event.id, event };
    } catch (error) {
      this.tellFailure(type, error);
      return { type, eventId: uuidv7() };
    }
  }

  private tellFailure(type: string, error: unknown): void {
    this.logger.warn(`Cannot record the canary of ${type}: ${errorMessage(error)}`);
  }

  private async tellMissing(session: LedgerSession, now: number): Promise<void> {
    for (const canary of await missingCanaries(session, now - LATE_MS)) {
      const { id } = await appendOwnEvent(session, ALERT_RAISED, alertOf(canary));
      await noteCanaryAlert(session, canary, id);
      this.logger.warn(
        `Alert (high): no canary of ${canary.type} reached the ledger on ${canary.day}. The event is ${id}.`,
      );
    }
  }
}

function alertOf({ type, day, eventId, recordedAt }: RecordedCanary) {
  return {
    category: 'alert',
    severity: 'error',
    actor: { type: 'system' },
    details: {
      ...{ rule: CHECKS.canary, title: `No canary of ${type} reached the ledger`, level: 'high', tags: [] },
      ...{ group: { type }, day, matched: [eventId], matchedCount: 1, firstAt: recordedAt, lastAt: recordedAt },
    },
  } as const;
}
