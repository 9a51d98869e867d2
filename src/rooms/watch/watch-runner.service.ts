import { randomBytes } from 'node:crypto';
import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { buildOwnEvent, Catalogue, type AuditError } from '../../audit/nest-free.js';
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
import { Correlator } from './correlate/correlator.js';
import { StoredGroups } from './correlate/stored-groups.js';
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
const SHORTEST_PAUSE_MS = 1_000;
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
  private readonly matches: RuleEvaluator | undefined;
  private readonly ahead: ReadAhead | undefined;
  /** The correlator stays in memory while the rules lag. Afterwards, the correlator is dropped, because its cache contains texts of events. */
  private known: { readonly salt: string; readonly correlator: Correlator } | undefined;
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
    @Inject(WATCH_OPTIONS) private readonly options: ResolvedWatch,
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
    this.matches = new RuleEvaluator(this.reader, rules, catalogue, countryOf);
    this.ahead = new ReadAhead(this.matches);
    sequencer.onCheckpoint(() => this.periodic.wake());
  }

  get isOn(): boolean {
    return this.matches !== undefined;
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
    const { matches: reader, ahead } = this;
    const row = await lockRow(session);
    if (!row || !reader || !ahead) return undefined;
    const { size, nowMs } = row;
    const { place, salt } = await this.resume(session, row);
    const range = rangeFrom(place, size);
    const next = range.last + 1;
    const isCaughtUp = next >= size;
    const correlator = this.correlatorOf(salt);
    const { matches, groups: wanted } = await ahead.take(range, correlator);
    if (isCaughtUp) this.known = undefined;
    else ahead.begin(rangeFrom(next, size), correlator);
    const groups = new StoredGroups(session);
    await groups.load(wanted);
    const raised = matches.flatMap((match) => correlator.take(match, groups));
    // While the rules lag, the time of the last match replaces the current time: a following event may not be processed yet.
    const now = isCaughtUp ? Date.now() : Math.min(Date.now(), matches.at(-1)?.at ?? 0);
    const due = (await groups.loadDue(now)).flatMap((group) => correlator.takeDue(group, now, groups));
    const alerts = [...raised, ...(await Promise.all(due.map((alert) => reader.withValues(alert))))];
    const suppressions = alerts.length > 0 ? await this.suppressions.inForce() : [];
    const decided = decideAlerts(alerts, suppressions, groups);
    await groups.save(this.options.rules);
    const dueAt = isCaughtUp ? await groups.deleteExpired() : undefined;
    await this.raise(session, decided);
    const moved = { place: next, lookedAtMs: nowMs, salt };
    await moveTo(session, moved, this.signer);
    const untilDueMs = Math.max((dueAt ?? Infinity) - Date.now(), SHORTEST_PAUSE_MS);
    return { cursor: moved, pauseMs: isCaughtUp ? Math.min(untilDueMs, CHECK_MS) : 0 };
  }

  /**
   * If somebody altered the row, the instance resumes from its own position. Without a position, the instance begins with the events of the
   * last day, so alerts may repeat.
   */
  private async resume(session: LedgerSession, row: LockedRow): Promise<Omit<WatchCursor, 'lookedAtMs'>> {
    const { size, nowMs, isNew } = row;
    if (this.last && this.last.place > size) this.last = undefined; // the ledger was restored from a backup
    const { last } = this;
    const signed = cursorOf(row, this.signer.trust);
    if (signed && signed.place <= size && signed.place >= (last?.place ?? 0)) return signed;
    const place = last?.place ?? (await firstPlaceSince(session, nowMs - LOOK_BACK_MS, size));
    if (!isNew || last) await this.raiseAltered(session, place);
    return last ?? { place, salt: randomBytes(16).toString('base64') };
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

  private correlatorOf(salt: string): Correlator {
    if (this.known?.salt !== salt) {
      this.known = { salt, correlator: new Correlator(this.options.rules, Buffer.from(salt, 'base64')) };
    }
    return this.known.correlator;
  }

  private async raise(session: LedgerSession, alerts: readonly DecidedAlert[]): Promise<void> {
    const made = alerts.map(({ alert, suppressionId }) => {
      const type = suppressionId === undefined ? ALERT_TYPES.raised : ALERT_TYPES.withheld;
      return { alert, event: buildOwnEvent(type, alertInput(alert, suppressionId)) };
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

/** Sealed events do not change, so the next range can be read while the rules process the current range. */
class ReadAhead {
  private ahead:
    | { readonly range: PlaceRange; readonly correlator: Correlator; readonly found: ReturnType<ReadAhead['read']> }
    | undefined;

  constructor(private readonly reader: RuleEvaluator) {}

  /** Returns the matches of a range. {@link begin} may have read them already. Rejects with the error of the PostgreSQL client. */
  async take(range: PlaceRange, correlator: Correlator): ReturnType<ReadAhead['read']> {
    const { ahead } = this;
    this.ahead = undefined;
    const { first, last } = ahead?.range ?? {};
    const isSame = first === range.first && last === range.last && ahead?.correlator === correlator;
    return isSame ? ahead.found : this.read(range, correlator);
  }

  begin(range: PlaceRange, correlator: Correlator): void {
    const found = this.read(range, correlator);
    found.catch(() => undefined); // take() rejects with the error
    this.ahead = { range, correlator, found };
  }

  private async read(range: PlaceRange, correlator: Correlator) {
    const matches = await this.reader.read(range);
    const groups = matches.flatMap((match) => correlator.groupsOf(match));
    return { matches, groups };
  }
}
