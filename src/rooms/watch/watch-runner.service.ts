import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { buildOwnEvent, Catalogue, withIdempotencyKey, type AuditError } from '../../audit/nest-free.js';
import { Sequencer } from '../../monitoring/sealer/sequencer.service.js';
import { CheckpointSigner } from '../../monitoring/proof/signing/checkpoint-signer.service.js';
import { appendEvents, appendOwnEvent } from '../../monitoring/inbox/append-own-event.js';
import { BackgroundPool } from '../../monitoring/store/sessions/ledger-pools.service.js';
import { explainUnlessOwn } from '../../monitoring/store/sessions/classify-ledger-error.js';
import { LedgerReader } from '../../monitoring/store/ledger-reader.service.js';
import type { LedgerSession } from '../../monitoring/store/sessions/ledger-session.js';
import { Periodic } from '../../monitoring/operate/jobs/periodic.js';
import { STORE_OPTIONS, type StoreOptions } from '../../monitoring/store/store-options.js';
import { judge, off, type Verdict } from '../../monitoring/store/check.js';
import type { KnownLedger } from '../../monitoring/store/ledger-state.js';
import { TIMING } from '../../monitoring/store/timing.js';
import { decideAlerts, type DecidedAlert } from './alerts/alert.js';
import { Suppressions } from './alerts/suppressions.service.js';
import { ALERT_TYPES, alertInput, checkAlert, CHECKS } from './alert-event.js';
import { AlertFinder } from './find-alerts.js';
import { RuleEvaluator, MOST_PLACES, type PlaceRange } from './evaluate-rules.js';
import { WATCH_OPTIONS, type ResolvedWatch } from './watch-options.js';
import {
  cursorOf,
  firstPlaceSince,
  lockRow,
  moveTo,
  watchStateOf,
  type LockedRow,
  type WatchCursor,
  type WatchState,
} from './watch-cursor.js';
import { watchErrors } from './watch.errors.js';

const MOST_APPENDED = 500;
/** Health counts on a run of the rules within {@link TIMING.watchStillMs}. */
const CHECK_MS = 60_000;
const SETTLED_MS = 10_000;
/** Without a trusted position, the rules begin with the events of the last day. */
const LOOK_BACK_MS = 24 * 3_600_000;

const ALTERED = 'Somebody wrote where the rules of the watch are, past the application';

interface Moved {
  readonly cursor: WatchCursor;
  /** The time until the rules must run again: 0 if sealed events remain that the rules have not processed. */
  readonly pauseMs: number;
}

/**
 * Runs the rules over the sealed events. Each instance tries to run the rules after each of its checkpoints, when a
 * group of matches is due, and every minute. Only one
 * instance runs the rules at a time. One transaction stores the matches of a range, their alerts, and the next position, so each match
 * counts once.
 */
@Injectable()
export class WatchRunner implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('AuditLedger');
  private readonly stopping = new AbortController();
  private readonly finder: AlertFinder | undefined;
  /** The row in the database may be forged, so the instance remembers the position after its last step. */
  private last: WatchCursor | undefined;
  private alteredAtMs = -Infinity;
  private readonly reader: LedgerReader;
  private readonly periodic = new Periodic({
    step: () => this.takeStep(),
    everyMs: CHECK_MS,
    onFailure: () => this.logger.warn(`Cannot run the rules, so alerts come late. ${this.failure} The watch retries.`),
  });
  private failure: string | undefined;
  private readonly madeAtMs = performance.now();

  constructor(
    @Inject(WATCH_OPTIONS) options: ResolvedWatch,
    @Inject(STORE_OPTIONS) { connectionUrl }: StoreOptions,
    @Inject(BackgroundPool) private readonly writer: BackgroundPool,
    @Inject(Catalogue) catalogue: Catalogue,
    @Inject(Sequencer) sequencer: Sequencer,
    @Inject(Suppressions) private readonly suppressions: Pick<Suppressions, 'inForce'>,
    @Inject(CheckpointSigner) private readonly signer: CheckpointSigner,
  ) {
    const { rules, countryOf } = options;
    this.reader = new LedgerReader({ connectionUrl, maxReadConnections: 1 });
    if (rules.length === 0) return;
    this.finder = new AlertFinder(this.reader, rules, new RuleEvaluator(this.reader, rules, catalogue, countryOf));
    sequencer.onCheckpoint(() => this.periodic.wake());
  }

  get isOn(): boolean {
    return this.finder !== undefined;
  }

  /** Reports the lag of the rules, and the time since an instance last ran the rules. */
  health(known: KnownLedger): Verdict {
    if (!this.isOn) return off('No rules run over the ledger.');
    const watch = watchStateOf(known);
    const facts = {
      lagEvents: watch?.lagEvents ?? null,
      lookedSeconds: watch ? Math.round(watch.lookedSeconds) : null,
    };
    return judge([this.problemOf(watch)], 'The rules run over the ledger.', facts);
  }

  /** Returns the problem, if any: somebody altered the row recently, or no instance ran the rules for two minutes. */
  problemOf(state: WatchState | undefined): AuditError | undefined {
    if (!this.isOn) return undefined;
    if (this.wasAltered || (state && this.signer.canVerify && !cursorOf(state, this.signer.trust)))
      return watchErrors.AUDIT_WATCH_ALTERED();
    const ms = state ? state.lookedSeconds * 1_000 : performance.now() - this.madeAtMs;
    return ms > TIMING.watchStillMs ? watchErrors.AUDIT_WATCH_STILL(ms / 1_000, this.failure) : undefined;
  }

  private get wasAltered(): boolean {
    return performance.now() < this.alteredAtMs + TIMING.watchAlteredMs;
  }

  /** Starts without waiting. */
  onApplicationBootstrap(): void {
    if (this.isOn) this.periodic.start();
  }

  /** Aborts the current transaction, and stops the rules. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.periodic.stop();
    await this.reader.onApplicationShutdown();
  }

  /** Processes all sealed events that wait. Resolves when nothing is left for this instance. Never rejects. */
  async run(): Promise<void> {
    await this.periodic.run();
  }

  private async takeStep(): Promise<number | undefined> {
    try {
      const moved = await this.writer.use(
        (session) => session.inTransaction(async () => this.step(session)),
        this.stopping.signal,
      );
      this.failure = undefined;
      if (!moved) return undefined;
      this.last = moved.cursor;
      return moved.pauseMs;
    } catch (error) {
      if (this.stopping.signal.aborted) return undefined;
      this.failure = explainUnlessOwn(error).message;
      throw error;
    }
  }

  private async step(session: LedgerSession): Promise<Moved | undefined> {
    const row = await lockRow(session);
    if (!row) return undefined;
    const { size, nowMs } = row;
    const place = await this.resume(session, row);
    const range = rangeFrom(place, size);
    const next = range.last + 1;
    const isCaughtUp = next >= size;
    await this.raise(session, await this.alertsIn(range));
    const moved = { place: next, lookedAtMs: nowMs };
    await moveTo(session, moved, this.signer);
    return { cursor: moved, pauseMs: isCaughtUp ? CHECK_MS : 0 };
  }

  /** Finds the alerts that are to be recorded for new events. The alerts of earlier events must be sealed, or the same attack would raise another one. */
  private async alertsIn(range: PlaceRange): Promise<readonly DecidedAlert[]> {
    const found = (await this.finder?.find(range)) ?? [];
    if (!this.finder || found.length === 0) return [];
    await this.reader.settled(SETTLED_MS);
    return decideAlerts(found, await this.finder.known(found), await this.suppressions.inForce());
  }

  /**
   * If somebody altered the row, the instance resumes from its own position. Without a position, the instance begins with the events of the
   * last day, so alerts may repeat.
   */
  private async resume(session: LedgerSession, row: LockedRow): Promise<number> {
    const { size, nowMs, isNew } = row;
    if (this.last && this.last.place > size) this.last = undefined; // the ledger was restored from a backup
    const { last } = this;
    const signed = cursorOf(row, this.signer.trust);
    if (signed && signed.place <= size && signed.place >= (last?.place ?? 0)) return signed.place;
    const place = last?.place ?? (await firstPlaceSince(session, nowMs - LOOK_BACK_MS, size));
    if (!isNew || last) await this.raiseAltered(session, place);
    return place;
  }

  private async raiseAltered(session: LedgerSession, place: number): Promise<void> {
    const isRaised = this.wasAltered;
    this.alteredAtMs = performance.now();
    if (isRaised) return;
    const { id } = await appendOwnEvent(session, ALERT_TYPES.raised, checkAlert(CHECKS.watch, 'high', ALTERED, {}));
    this.logger.warn(
      `Alert (high): somebody altered the position of the rules in the database. The rules resume at ${place}; the event of the alert is ${id}.`,
    );
  }

  private async raise(session: LedgerSession, alerts: readonly DecidedAlert[]): Promise<void> {
    const made = alerts.map(({ alert, suppressionId }) => {
      const type = suppressionId === undefined ? ALERT_TYPES.raised : ALERT_TYPES.withheld;
      const key = `${alert.rule.rule.name} ${alert.match.id}`;
      return { alert, event: withIdempotencyKey(buildOwnEvent(type, alertInput(alert, suppressionId)), key) };
    });
    for (let first = 0; first < made.length; first += MOST_APPENDED) {
      const events = made.slice(first, first + MOST_APPENDED).map(({ event }) => event);
      await appendEvents(session, events);
    }
    for (const { alert, event } of made) {
      const { name, title, level } = alert.rule.rule;
      if (event.type === ALERT_TYPES.withheld) continue;
      this.logger.warn(`Alert (${level}): ${title}. The rule ${name} found it; the event is ${event.id}.`);
    }
  }
}

function rangeFrom(place: number, size: number): PlaceRange {
  return { first: place, last: Math.min(place + MOST_PLACES, size) - 1 };
}
