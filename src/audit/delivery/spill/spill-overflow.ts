import { AsyncResource } from 'node:async_hooks';
import { Logger } from '@nestjs/common';
import { errorMessage } from '../../errors/error-facts.js';
import { InvalidOptionsError } from '../../errors/invalid-options.error.js';
import { SpillFullError } from '../../errors/spill.error.js';
import type { AuditEvent, JsonObject } from '../../event/audit-event.js';
import type { DeliveryQueue, Overflow } from '../delivery-queue.js';
import { DELIVERY_TIMING } from '../delivery-timing.js';
import type { DeliveryResult } from '../receipt.js';
import { describeOrphan, orphansOf, type ReplaySummary, type SpillFolder, type SpillStatus } from './spill-folder.js';
import type { CountedFailures } from '../flood-counter.js';
import type { LossReport } from './losses.js';
import { SpillReplay } from './spill-replay.js';

/** How often a loss is logged at most, since there may be thousands a second. */
const LOG_LOSS_EVERY_MS = 10_000;
const NO_ROOM = /^(ENOSPC|EDQUOT)/;

const NO_FOLDER = 'no spill folder is configured';

/** The counts of one backend since the start. */
interface OverflowCounts {
  /** Kept in the spill. */
  spilled: number;
  /** Stored from the spill. */
  replayed: number;
  /** Became dead letters. */
  buried: number;
  /** Lost. */
  failed: number;
}

/** How many events a provider never got, and between which times (RFC 3339, UTC; known only with a spill). */
export interface LostEvents {
  readonly events: number;
  /** Whether the number is unknown, since a record of losses cannot be read. */
  readonly isUnknown?: true;
  readonly firstAt?: string | undefined;
  readonly lastAt?: string | undefined;
}

/** The state of the events that one backend could not take. Counts are those since the start. */
export interface OverflowStatus extends Readonly<OverflowCounts> {
  /** Whether the last events that the provider could not take were lost, and the next would probably be lost too. */
  readonly losing: boolean;
  /** Whether events wait in the spill. */
  readonly spillPending: boolean;
  /** Lost events that nobody has acknowledged, including those of earlier processes on the folder. */
  readonly lost: LostEvents | undefined;
  /** Events in the spill's folder that the provider refuses while it takes others. */
  readonly deadLetters: number;
}

/** A change of a provider: its events can no longer be stored where they belong, or can again. */
export type RecordingChange = 'degraded' | 'recovered';

/** Records events about the delivery. */
export interface DeliveryReports {
  recording(change: RecordingChange, backend: string, details: JsonObject): void;
  /** Resolves with whether the event about lost events is stored or spilled. */
  losses(report: LossReport): Promise<boolean>;
  /** Called for a count that another process did not report. */
  counted(counted: CountedFailures): void;
}

interface BackendState {
  readonly counts: OverflowCounts;
  readonly queue: DeliveryQueue;
  readonly replay: SpillReplay | undefined;
  /** Since when storing fails, and the counts at that time. */
  degraded: { readonly since: string; readonly counts: Readonly<OverflowCounts> } | undefined;
  /** How many writes to the folder are under way: their events are not pending yet. */
  saving: number;
  /** Why the spill did not take the last events; reset once it keeps events, or the provider is back. */
  lostBy: unknown;
  /** When a loss was last logged, and how many events were lost since. */
  loss: { readonly loggedAtMs: number; readonly events: number } | undefined;
}

/**
 * Keeps events that providers could not take in the spill, and replays them when the providers are back. Without a folder it can only
 * report.
 */
export class SpillOverflow implements Overflow {
  private readonly logger = new Logger('AuditSpill');
  private readonly backends = new Map<string, BackendState>();
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> = Promise.resolve();
  private closed = false;

  constructor(
    private readonly folder: SpillFolder | undefined,
    private readonly reports: DeliveryReports,
  ) {}

  status(): SpillStatus | undefined {
    return this.folder?.status();
  }

  statusOf(backend: string): OverflowStatus {
    const { counts, replay, lostBy } = this.stateOf(backend);
    const folder = this.folder?.status();
    const deadLetters = folder?.deadLetters[backend] ?? 0;
    const losing = lostBy instanceof SpillFullError ? folder?.full === true : lostBy !== undefined;
    return {
      ...counts,
      losing,
      lost: this.lostEventsOf(backend),
      spillPending: replay?.isPending ?? false,
      deadLetters,
    };
  }

  /** Replays events of earlier processes. @throws InvalidOptionsError if the folder cannot be written, unless its disk is full */
  async start(queues: readonly DeliveryQueue[]): Promise<void> {
    const { folder } = this;
    for (const queue of queues) {
      const { backend } = queue.provider;
      const note = (summary: ReplaySummary): void => this.replayed(backend, summary);
      const replay = folder && new SpillReplay(queue, folder, note, (error) => this.logFailed(error));
      const counts = { spilled: 0, replayed: 0, buried: 0, failed: 0 };
      const nothing = { degraded: undefined, saving: 0, lostBy: undefined, loss: undefined };
      this.backends.set(backend, { counts, queue, replay, ...nothing });
    }
    await folder?.prepare().catch((error: unknown) => {
      throw new InvalidOptionsError([`spillDir ${folder.path} cannot be made: ${errorMessage(error)}`]);
    });
    await folder?.losses.look();
    const problem = folder?.losses.problem;
    if (folder && problem !== undefined) {
      const says = `spillDir ${folder.path} cannot be written: ${problem}`;
      if (!NO_ROOM.test(problem)) throw new InvalidOptionsError([says]);
      this.logger.warn(`${says}. Events that a provider cannot take are lost. Make room.`);
    }
    await this.look();
    const orphans = folder ? orphansOf(folder.status(), (backend) => this.backends.has(backend)) : [];
    for (const backend of orphans) this.logger.warn(describeOrphan(backend));
    const lookAgain = (): void => {
      this.looking = this.look().then(() => this.reportLosses());
    };
    // These timers run outside of any request.
    const ownContext = new AsyncResource('AuditSpillLook');
    this.timer = ownContext.runInAsyncScope(setInterval, undefined, lookAgain, DELIVERY_TIMING.lookMs).unref();
  }

  async keep(
    backend: string,
    events: readonly AuditEvent[],
    error: string,
    areSuspect = false,
  ): Promise<DeliveryResult> {
    return this.save(backend, events, error, async (folder) => {
      await folder.append(backend, events);
      this.stateOf(backend).replay?.wake(areSuspect ? events : []);
    });
  }

  /** Keeps events before it returns, since the process ends; if they cannot be kept, logs that they are lost. */
  keepAtOnce(backend: string, events: readonly AuditEvent[]): void {
    if (events.length === 0) return;
    const error = 'the process ends';
    try {
      if (!this.folder) throw new Error(NO_FOLDER);
      this.folder.appendAtOnce(backend, events);
      this.logger.warn(
        `Cannot store ${describe(events)} at the audit provider "${backend}": ${error}. Kept in the spill ${this.path}, to be ` +
          'replayed by the next start.',
      );
    } catch (spillError) {
      this.logLoss(backend, events, error, spillError);
      try {
        this.folder?.losses.addAtOnce(backend, events.length);
      } catch (countError) {
        this.logUncounted(countError);
      }
    }
  }

  async bury(backend: string, event: AuditEvent, error: string): Promise<DeliveryResult> {
    const result = await this.save(backend, [event], error, (folder) => folder.bury(backend, [{ event, error }]));
    if (result.status === 'spilled') this.noteBuried(backend, 1);
    return result;
  }

  resumed(backend: string): void {
    this.stateOf(backend).replay?.hurry();
    this.endDegraded(backend);
  }

  private replayed(backend: string, { replayed, corrupt, dead, done, errors }: ReplaySummary): void {
    this.stateOf(backend).counts.replayed += replayed;
    for (const error of errors) this.logFailed(error);
    if (replayed > 0) {
      this.logger.log(`Replayed ${replayed} event(s) from the spill to the audit provider "${backend}".`);
    }
    if (dead > 0) this.noteBuried(backend, dead);
    if (corrupt > 0) {
      this.logger.error(
        `Cannot read ${corrupt} line(s) of the spill ${this.path}. They are set aside in files ending in .corrupt.`,
      );
    }
    if (done) this.endDegraded(backend);
  }

  private logFailed(error: unknown): void {
    this.logger.error(
      `Cannot replay the spill ${this.path}: ${errorMessage(error)}. Check the folder; it is tried again.`,
    );
  }

  /**
   * Records an event for losses that no event reports yet, unless their providers still lose events. Call it after the boot; later it
   * repeats itself. Never rejects.
   */
  async reportLosses(): Promise<void> {
    if (this.closed) return;
    const isBack = (backend: string): boolean =>
      this.backends.get(backend)?.queue.status().state !== 'suspended' &&
      this.backends.get(backend)?.lostBy === undefined;
    try {
      await this.folder?.losses.look();
      if (this.folder?.losses.takeCleared()) await this.countCleared(this.folder);
      await this.folder?.losses.report(isBack, (report) => this.reports.losses(report));
      for (const counted of (await this.folder?.counts.takeOver()) ?? []) this.reports.counted(counted);
    } catch (error) {
      this.logUncounted(error);
    }
  }

  /**
   * Keeps a count of failures on disk, so that it survives the process. Resolves when it is there. Never rejects: without a folder, or if
   * it cannot be written, the count stays in memory until its event is recorded.
   */
  async keepCount(counted: CountedFailures): Promise<void> {
    await this.folder?.counts.keep(counted).catch((error: unknown) => this.logUncounted(error));
  }

  /** Forgets a count whose event is stored. Never rejects. */
  async forgetCount(id: string): Promise<void> {
    await this.folder?.counts.forget(id).catch((error: unknown) => this.logUncounted(error));
  }

  /** Ends the running replays, closes the files, and logs how much is left for the next start. */
  async close(): Promise<void> {
    this.closed = true;
    clearInterval(this.timer);
    await this.looking;
    for (const { replay } of this.backends.values()) await replay?.close();
    await this.folder?.close();
    for (const [backend, { counts, replay }] of this.backends) {
      if (!replay?.isPending) continue;
      const left = counts.spilled - counts.replayed - counts.buried;
      this.logger.error(
        `Cannot store ${left > 0 ? left : 'all'} event(s) at the audit provider "${backend}" before the end. They are kept in the spill ` +
          `${this.path}, to be replayed by the next start.`,
      );
    }
  }

  private async save(
    backend: string,
    events: readonly AuditEvent[],
    error: string,
    write: (folder: SpillFolder) => Promise<void>,
  ): Promise<DeliveryResult> {
    const state = this.stateOf(backend);
    const { counts } = state;
    const isFirst = this.beginDegraded(backend, error);
    state.saving++;
    try {
      if (!this.folder) throw new Error(NO_FOLDER);
      await write(this.folder);
    } catch (spillError) {
      counts.failed += events.length;
      state.lostBy = spillError;
      this.logLoss(backend, events, error, spillError);
      await this.folder?.losses
        .add(backend, events.length)
        .catch((countError: unknown) => this.logUncounted(countError));
      return { status: 'failed', error };
    } finally {
      state.saving--;
    }
    if (isFirst) {
      this.logger.warn(
        `Cannot store ${describe(events)} at the audit provider "${backend}": ${error}. ` +
          `Kept in the spill ${this.path}, to be replayed when the provider is back.`,
      );
    }
    counts.spilled += events.length;
    state.lostBy = undefined;
    return { status: 'spilled', error };
  }

  /** Looks for events that others left in the folder, and for providers without a spill that are back. Never rejects. */
  private async look(): Promise<void> {
    try {
      for (const backend of (await this.folder?.backlog()) ?? []) this.backends.get(backend)?.replay?.wake();
    } catch (error) {
      if (!this.closed) this.logFailed(error);
    }
    for (const backend of this.backends.keys()) this.endDegraded(backend);
  }

  /** Notes that a provider is degraded. Returns whether that is new. */
  private beginDegraded(backend: string, error: string): boolean {
    const state = this.stateOf(backend);
    if (state.degraded || this.closed) return !state.degraded;
    state.degraded = { since: new Date().toISOString(), counts: { ...state.counts } };
    this.reports.recording('degraded', backend, { backend, error });
    return true;
  }

  private endDegraded(backend: string): void {
    const state = this.stateOf(backend);
    const { degraded, counts, replay, queue } = state;
    if (!degraded || this.closed || queue.status().state === 'suspended') return;
    if (replay?.isPending || state.saving > 0) return;
    state.degraded = undefined;
    state.lostBy = undefined;
    const spilled = counts.spilled - degraded.counts.spilled;
    const replayed = counts.replayed - degraded.counts.replayed;
    const lost = counts.failed - degraded.counts.failed;
    this.logger.log(
      `The audit provider "${backend}" stores events again, after failing since ${degraded.since}: ` +
        `${spilled} spilled, ${replayed} replayed, ${lost} lost.`,
    );
    this.reports.recording('recovered', backend, { backend, since: degraded.since, spilled, replayed, lost });
  }

  /** Counts the events that this process kept in the folder and did not replay as lost, unless another process took them. */
  private async countCleared({ losses }: SpillFolder): Promise<void> {
    for (const [backend, { counts }] of this.backends) {
      const left = counts.spilled - counts.replayed - counts.buried;
      if (left > 0) await losses.add(backend, left, true);
    }
  }

  private logLoss(backend: string, events: readonly AuditEvent[], error: string, spillError: unknown): void {
    const state = this.stateOf(backend);
    const { loggedAtMs = -Infinity, events: before = 0 } = state.loss ?? {};
    const nowMs = performance.now();
    if (nowMs - loggedAtMs < LOG_LOSS_EVERY_MS) {
      state.loss = { loggedAtMs, events: before + events.length };
      return;
    }
    state.loss = { loggedAtMs: nowMs, events: 0 };
    const more = before > 0 ? `, and ${before} before` : '';
    this.logger.error(
      `Cannot store ${describe(events)}${more} at the audit provider "${backend}": ${error}; nor in the spill: ` +
        `${errorMessage(spillError)}. These events are lost. Repair the provider, and set a spill folder on a disk with room.`,
    );
  }

  private logUncounted(error: unknown): void {
    this.logger.error(
      `Cannot keep the count of lost or failed events in the spill ${this.path}: ${errorMessage(error)}. Check the folder; it is tried again.`,
    );
  }

  private lostEventsOf(backend: string): LostEvents | undefined {
    const { failed } = this.stateOf(backend).counts;
    if (!this.folder) return failed > 0 ? { events: failed } : undefined;
    const losses = this.folder.losses.of(backend);
    if (losses.length === 0) return undefined;
    const times = losses.flatMap(({ firstAt, lastAt }) => [firstAt, lastAt]).sort();
    return {
      events: losses.reduce((sum, { events }) => sum + events, 0),
      ...(losses.some(({ isUnknown }) => isUnknown) ? { isUnknown: true } : {}),
      firstAt: times[0],
      lastAt: times.at(-1),
    };
  }

  private noteBuried(backend: string, events: number): void {
    this.stateOf(backend).counts.buried += events;
    this.logger.error(
      `Cannot store ${events} event(s) at the audit provider "${backend}", which refuses them and takes others. They are ` +
        `kept as dead letters in ${this.path}: see them with "nestjs-audit-ledger spill list".`,
    );
  }

  private get path(): string {
    return this.folder?.path ?? '';
  }

  private stateOf(backend: string): BackendState {
    const state = this.backends.get(backend);
    if (!state) throw new Error(`There is no audit provider "${backend}".`);
    return state;
  }
}

function describe(events: readonly AuditEvent[]): string {
  const first = events[0];
  if (first === undefined) return 'no event';
  return events.length === 1 ? `the event ${first.type} ${first.id}` : `${events.length} events, ${first.id} the first`;
}
