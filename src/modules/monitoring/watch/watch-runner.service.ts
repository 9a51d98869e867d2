import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { buildOwnEvent, Catalogue, errorMessage } from '../../../audit/plain.js';
import { Sequencer } from '../sequencer/sequencer.service.js';
import { appendEvents } from '../store/append-own-event.js';
import { explainUnlessOwn } from '../store/explain-ledger-error.js';
import { LedgerReader } from '../store/ledger-reader.service.js';
import { SEQUENCER } from '../store/ledger-roles.js';
import type { LedgerSession } from '../store/ledger-session.js';
import { LedgerSessions } from '../store/ledger-sessions.js';
import type { WatchState } from '../store/ledger-state.js';
import { limitsWithin } from '../store/session-limits.js';
import { STORE_OPTIONS, type StoreOptions } from '../store/store-options.js';
import { decideAlerts, type DecidedAlert } from './alerts/decide-alerts.js';
import { Suppressions } from './alerts/suppressions.service.js';
import { ALERT_RAISED, ALERT_WITHHELD, alertInput } from './alert-event.js';
import { Correlator } from './correlate/correlator.js';
import { digestWith } from './correlate/digest-with.js';
import { noteFoundCanary } from './canaries/canary-store.js';
import { MatchStatement, type PlaceRange } from './match-statement.js';
import { ReadAhead } from './read-ahead.js';
import { MOST_PLACES, withValues } from './read-matches.js';
import { WATCH_OPTIONS, type WatchSlice } from './watch-options.js';
import { WatchStillError } from './watch.error.js';
import { beginWatch, forgetGroups, lockPosition, movePosition, StoredGroups } from './watch-store.js';

/** How many alerts are stored in one statement. */
const MOST_APPENDED = 500;
/** How often an instance looks whether there is something to do, though nobody told it so. */
const LOOK_MS = 15_000;
const TIMEOUT_MS = 60_000;
/** Beyond this, alerts come late: longer than the longest step. */
const LONGEST_STILL_SECONDS = 120;

/**
 * Runs the rules over the sealed sequence. Each instance tries after each checkpoint that it signed, and every 15 s; one works at a time. The matches of
 * a range of places, the alerts that they raise, and the position behind them are one transaction: each match is found once.
 */
@Injectable()
export class WatchRunner implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('AuditLedger');
  private readonly stopping = new AbortController();
  private readonly statement: MatchStatement | undefined;
  private readonly ahead: ReadAhead | undefined;
  /** Kept from step to step while behind, and then forgotten: it remembers texts that it made digests of. */
  private known: { readonly salt: Buffer; readonly correlator: Correlator } | undefined;
  private readonly writer: LedgerSessions;
  private readonly reader: LedgerReader;
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private isWanted = false;
  private hasBegun = false;
  private error: string | undefined;
  /** What failed last, and what to do about it. */
  private says: string | undefined;
  private readonly madeAtMs = performance.now();

  constructor(
    @Inject(WATCH_OPTIONS) private readonly options: WatchSlice,
    @Inject(STORE_OPTIONS) { connectionUrl, sequencerUrl }: StoreOptions,
    @Inject(Catalogue) catalogue: Catalogue,
    @Inject(Sequencer) sequencer: Sequencer,
    @Inject(Suppressions) private readonly suppressions: Pick<Suppressions, 'inForce'>,
  ) {
    const { rules, countryOf } = options.watch ?? { rules: [] };
    this.writer = new LedgerSessions(sequencerUrl, { ...SEQUENCER, name: 'watch' }, limitsWithin(TIMEOUT_MS));
    this.reader = new LedgerReader({ connectionUrl, maxReadConnections: 1 });
    if (rules.length === 0) return;
    this.statement = new MatchStatement(rules, catalogue, countryOf);
    this.ahead = new ReadAhead(this.reader, this.statement);
    sequencer.onCheckpoint(() => this.hurry());
  }

  /** Whether this process has rules to run. */
  get isOn(): boolean {
    return this.statement !== undefined;
  }

  /** What is wrong while no instance has run the rules for two minutes. */
  problemOf(state: WatchState | undefined): WatchStillError | undefined {
    const seconds = state?.lookedSeconds ?? (performance.now() - this.madeAtMs) / 1_000;
    return this.isOn && seconds > LONGEST_STILL_SECONDS ? WatchStillError.create(seconds, this.says) : undefined;
  }

  /** Does not wait. */
  onApplicationBootstrap(): void {
    if (!this.statement) return;
    this.timer = setInterval(() => this.hurry(), LOOK_MS).unref();
    this.hurry();
  }

  /** Ends the transaction under way. */
  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    this.stopping.abort();
    await this.running;
    await this.writer.end();
    await this.reader.onApplicationShutdown();
  }

  /** Looks at every sealed event that was not looked at; resolves when this instance has nothing more to do. Never rejects. */
  async run(): Promise<void> {
    this.hurry();
    while (this.running) await this.running;
  }

  private hurry(): void {
    this.isWanted = true;
    this.running ??= this.work().finally(() => (this.running = undefined));
  }

  private async work(): Promise<void> {
    while (this.isWanted && !this.stopping.signal.aborted) {
      this.isWanted = false;
      try {
        if (!this.hasBegun) await this.writer.use((session) => beginWatch(session), this.stopping.signal);
        this.hasBegun = true;
        this.isWanted = (await this.step()) || this.isWanted;
        this.error = undefined;
        this.says = undefined;
      } catch (error) {
        this.report(error);
      }
    }
  }

  /** Resolves with whether there is more to look at. */
  private async step(): Promise<boolean> {
    return this.writer.use(
      (session) => session.inTransaction(async () => this.stepWithin(session)),
      this.stopping.signal,
    );
  }

  private async stepWithin(session: LedgerSession): Promise<boolean> {
    const { reader, statement, ahead } = this;
    const { rules } = this.options.watch ?? { rules: [] };
    const position = await lockPosition(session);
    if (!position || !statement || !ahead) return false;
    const range = rangeFrom(position.place, position.size);
    const next = range.last + 1;
    const isCaughtUp = next >= position.size;
    const correlator = this.correlatorOf(position.salt);
    const { canaries, matches, groups: wanted } = await ahead.take(range, correlator);
    if (isCaughtUp) this.known = undefined;
    else ahead.begin(rangeFrom(next, position.size), correlator);
    for (const { id, rule } of canaries) await noteFoundCanary(session, id, rule);
    const groups = new StoredGroups(session);
    await groups.load(wanted);
    const raised = matches.flatMap((match) => correlator.take(match, groups));
    // Behind, time is what the events say: what comes next may still be what has to follow.
    const now = isCaughtUp ? Date.now() : Math.min(Date.now(), matches.at(-1)?.at ?? 0);
    const due = (await groups.loadDue(now)).flatMap((group) => correlator.takeDue(group, now, groups));
    const alerts = [...raised, ...(await Promise.all(due.map((alert) => withValues(reader, statement, alert))))];
    const suppressions = alerts.length > 0 ? await this.suppressions.inForce() : [];
    const decided = decideAlerts(alerts, suppressions, groups);
    await groups.save(rules);
    if (isCaughtUp) await forgetGroups(session);
    await this.raise(session, decided);
    await movePosition(session, Math.max(next, position.place));
    return !isCaughtUp;
  }

  private correlatorOf(salt: Buffer): Correlator {
    if (!this.known?.salt.equals(salt)) {
      this.known = { salt, correlator: new Correlator(this.options.watch?.rules ?? [], digestWith(salt)) };
    }
    return this.known.correlator;
  }

  private async raise(session: LedgerSession, alerts: readonly DecidedAlert[]): Promise<void> {
    const made = alerts.map(({ alert, suppressionId }) => {
      const type = suppressionId === undefined ? ALERT_RAISED : ALERT_WITHHELD;
      return { alert, event: buildOwnEvent(type, alertInput(alert, suppressionId)) };
    });
    for (let first = 0; first < made.length; first += MOST_APPENDED) {
      const events = made.slice(first, first + MOST_APPENDED).map(({ event }) => event);
      await appendEvents(session, events);
    }
    for (const { alert, event } of made) {
      const { name, title, level } = alert.rule.rule;
      if (event.type === ALERT_WITHHELD) continue;
      this.logger.warn(`Alert (${level}): ${title}. The rule ${name} found it; the event is ${event.id}.`);
    }
  }

  private report(error: unknown): void {
    if (this.stopping.signal.aborted) return;
    const message = errorMessage(error);
    this.says = explainUnlessOwn(error).message;
    if (message !== this.error) {
      this.logger.warn(`The rules do not run now: alerts come later. ${this.says} Tried again.`);
    }
    this.error = message;
  }
}

function rangeFrom(place: number, size: number): PlaceRange {
  return { first: place, last: Math.min(place + MOST_PLACES, size) - 1 };
}
