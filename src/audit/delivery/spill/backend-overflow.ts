import { Logger } from '@nestjs/common';
import type { AuditEvent, JsonObject } from '../../event/audit-event.js';
import type { DeliveryQueue } from '../delivery-queue.js';
import type { DeliveryResult } from '../receipt.js';
import type { ReplaySummary, SpillFolder } from './spill-folder.js';
import { SpillReplay } from './spill-replay.js';
import { hasCode, getErrorMessage } from '../../../base/errors/error-facts.js';
import { clearTimeout, setTimeout } from '../../../base/timers.js';
import type { SpillLines } from './spill-line.js';

/** There may be thousands of losses a second. */
const LOG_LOSS_EVERY_MS = 10_000;

const NO_FOLDER = 'no spill folder is configured';

interface OverflowCounts {
  spilled: number;
  /** The events that the provider stored from the spill. */
  replayed: number;
  /** The events that became dead letters. */
  deadLettered: number;
  failed: number;
}

/** How many events a provider never got, and between which times (RFC 3339, UTC). */
export interface LostEvents {
  readonly events: number;
  readonly firstAt: string;
  readonly lastAt: string;
}

/** Resolves with `true` if the event about the losses is saved. */
export type ReportLoss = (backend: string, lost: LostEvents) => Promise<boolean>;

/** The state of the events that a provider could not store. Counts begin at the start of this process. */
export interface OverflowStatus extends Readonly<OverflowCounts> {
  /** Whether the last events that the provider could not store were lost, and further events would probably be lost, too. */
  readonly losing: boolean;
  readonly spillPending: boolean;
  /** The lost events of this process that no event `audit_events_lost` reports yet. They are logged to stderr. */
  readonly lost: LostEvents | undefined;
  /** The number of events in the spill's folder that the provider refuses, although it stores other events. */
  readonly deadLetters: number;
}

/** A change in a provider's state: the provider cannot store events, or stores events again. */
export type RecordingChange = 'degraded' | 'recovered';

export type ReportChange = (change: RecordingChange, backend: string, details: JsonObject) => void;

/** Stores in the spill the events that one provider could not store, replays them, and reports when the provider fails and recovers. */
export class BackendOverflow {
  readonly counts: OverflowCounts = { spilled: 0, replayed: 0, deadLettered: 0, failed: 0 };
  readonly replay: SpillReplay | undefined;
  private readonly backend: string;
  private degraded: { readonly since: string; readonly counts: Readonly<OverflowCounts> } | undefined;
  /** The number of writes in progress, whose events are not pending yet. */
  private saving = 0;
  /** Why the spill did not store the last events. Cleared when the spill stores events, or when the provider recovers. */
  private lossCause: unknown;
  private lost: LostEvents | undefined;
  private loggedLossAtMs = -Infinity;
  private closed = false;

  constructor(
    private readonly queue: DeliveryQueue,
    private readonly folder: SpillFolder | undefined,
    private readonly log: SpillLog,
    private readonly emergencyLog: EmergencyLog,
    private readonly reportChange: ReportChange,
  ) {
    this.backend = queue.provider.backend;
    this.replay =
      folder &&
      new SpillReplay(
        queue,
        folder,
        (summary) => this.countReplay(summary),
        (error) => log.unreplayed(error),
      );
  }

  status(): OverflowStatus {
    const { lossCause, backend } = this;
    const folder = this.folder?.status();
    return {
      ...this.counts,
      losing: hasCode(lossCause, 'AUDIT_SPILL_FULL') ? folder?.full === true : lossCause !== undefined,
      lost: this.lost,
      spillPending: this.replay?.isPending ?? false,
      deadLetters: folder?.deadLetters[backend] ?? 0,
    };
  }

  /** Reports the lost events, unless the provider still loses events. Rejects as `report` does. */
  async reportLoss(report: ReportLoss): Promise<void> {
    const { lost, lossCause, queue, backend } = this;
    const { state, lastProblem } = queue.status();
    if (!lost || state === 'suspended' || (lossCause !== undefined && lastProblem !== undefined)) return;
    this.lost = undefined; // more may be lost while the event is stored
    if (!(await report(backend, lost))) this.addLost(lost);
  }

  /** Stores events with the function `write`, and counts them as spilled or lost. Never rejects. */
  async save(
    events: readonly AuditEvent[],
    error: string,
    write: (folder: SpillFolder) => Promise<void>,
  ): Promise<DeliveryResult> {
    const { backend, counts, folder } = this;
    const isFirst = this.beginDegraded(error);
    this.saving++;
    try {
      if (!folder) throw new Error(NO_FOLDER);
      await write(folder);
    } catch (spillError) {
      this.lose(events, error, spillError);
      return { status: 'failed', error };
    } finally {
      this.saving--;
    }
    if (isFirst) this.log.spilled(describe(events), backend, error, 'when the provider is back');
    counts.spilled += events.length;
    this.lossCause = undefined;
    return { status: 'spilled', error };
  }

  /** Stores events synchronously at the end of the process. If the write fails, notes the events. */
  saveAtOnce(events: readonly AuditEvent[]): void {
    const error = 'the process ends';
    try {
      if (!this.folder) throw new Error(NO_FOLDER);
      this.folder.appendAtOnce(this.backend, events);
      this.log.spilled(describe(events), this.backend, error, 'at the next start');
    } catch (spillError) {
      this.lose(events, error, spillError);
    }
  }

  countDeadLetter(events: number): void {
    this.counts.deadLettered += events;
    this.log.logDeadLetter(events, this.backend);
  }

  /** Reports that the provider recovered, unless it is suspended, or its events still wait. */
  endDegraded(): void {
    const { degraded, counts, replay, backend } = this;
    const isAway = this.queue.status().state === 'suspended' || replay?.isPending === true || this.saving > 0;
    if (this.closed || isAway || !degraded) return;
    this.degraded = undefined;
    this.lossCause = undefined;
    const spilled = counts.spilled - degraded.counts.spilled;
    const replayed = counts.replayed - degraded.counts.replayed;
    const failed = counts.failed - degraded.counts.failed;
    this.log.logger.log(
      `The audit provider "${backend}" stores events again, after failing since ${degraded.since}: ` +
        `${spilled} spilled, ${replayed} replayed, ${failed} lost.`,
    );
    this.reportChange('recovered', backend, { backend, since: degraded.since, spilled, replayed, lost: failed });
  }

  close(): void {
    this.closed = true;
  }

  private countReplay({ replayed, corrupt, dead, done, errors }: ReplaySummary): void {
    this.counts.replayed += replayed;
    for (const error of errors) this.log.unreplayed(error);
    if (replayed > 0) {
      this.log.logger.log(`Replayed ${replayed} event(s) from the spill to the audit provider "${this.backend}".`);
    }
    if (dead > 0) this.countDeadLetter(dead);
    if (corrupt > 0) this.log.unread(corrupt);
    if (done) this.endDegraded();
  }

  private beginDegraded(error: string): boolean {
    const { backend } = this;
    if (this.degraded || this.closed) return !this.degraded;
    this.degraded = { since: new Date().toISOString(), counts: { ...this.counts } };
    this.reportChange('degraded', backend, { backend, error });
    return true;
  }

  private lose(events: readonly AuditEvent[], error: string, spillError: unknown): void {
    const { backend, emergencyLog, log } = this;
    const at = new Date().toISOString();
    this.counts.failed += events.length;
    this.lossCause = spillError;
    this.addLost({ events: events.length, firstAt: at, lastAt: at });
    emergencyLog.write(backend, events);
    if (performance.now() - this.loggedLossAtMs < LOG_LOSS_EVERY_MS) return;
    this.loggedLossAtMs = performance.now();
    log.lost(describe(events), backend, error, spillError);
  }

  private addLost(more: LostEvents): void {
    const lost = this.lost ?? { ...more, events: 0 };
    const times = [lost.firstAt, lost.lastAt, more.firstAt, more.lastAt].sort();
    this.lost = { events: lost.events + more.events, firstAt: times[0] ?? '', lastAt: times.at(-1) ?? '' };
  }
}

function describe(events: readonly AuditEvent[]): string {
  const first = events[0];
  if (first === undefined) return 'no event';
  return events.length === 1
    ? `the event ${first.type} ${first.id}`
    : `${events.length} events (the first is ${first.id})`;
}

/** Logs the events that a provider could not store, and the failures of the spill. */
export class SpillLog {
  readonly logger = new Logger('AuditSpill');

  /** @param path the spill's folder; empty without a folder */
  constructor(private readonly path: string) {}

  spilled(events: string, backend: string, error: string, replayedBy: string): void {
    this.logger.warn(
      `Cannot store ${events} at the audit provider "${backend}": ${error}. Kept in the spill ${this.path}, to be ` +
        `replayed ${replayedBy}.`,
    );
  }

  lost(events: string, backend: string, error: string, spillError: unknown): void {
    this.logger.error(
      `Cannot store ${events} at the audit provider "${backend}": ${error}. The spill failed, too: ` +
        `${getErrorMessage(spillError)}. These events are lost, and only logged to stderr. Repair the provider, and set a spill folder on ` +
        'a disk with free space.',
    );
  }

  /** @param problem why the folder cannot be written; `undefined` when it can be written again */
  written(problem: string | undefined): void {
    if (problem === undefined) this.logger.log(`The spill ${this.path} can be written again.`);
    else {
      this.logger.error(
        `Cannot write the spill ${this.path}: ${problem}. Events that a provider cannot store are lost. Repair the folder.`,
      );
    }
  }

  logDeadLetter(events: number, backend: string): void {
    this.logger.error(
      `Cannot store ${events} event(s) at the audit provider "${backend}": it refuses them, but stores other events. They are ` +
        `dead letters in ${this.path}: list them with "nestjs-audit-ledger spill list".`,
    );
  }

  unread(lines: number): void {
    this.logger.error(
      `Cannot read ${lines} line(s) of the spill ${this.path}. They are stored in files ending in .corrupt.`,
    );
  }

  unreplayed(error: unknown): void {
    this.logger.error(
      `Cannot replay the spill ${this.path}: ${getErrorMessage(error)}. Check the folder. The replay is retried automatically.`,
    );
  }
}

const MAX_LINES_PER_SECOND = 100;
const MAX_TYPE_LENGTH = 200;

/**
 * Logs to stderr the events that neither their provider nor the spill stored: one line each, without personal values, with the HMAC of the
 * spill's key. After 100 lines in a second, one line has the number of the others.
 *
 *     audit-event-lost <HMAC> {"provider":"database","id":"…","type":"order_created","occurredAt":"…","outcome":"success"}
 *     audit-event-lost <HMAC> {"more":1204}
 */
export class EmergencyLog {
  private written = 0;
  private more = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly lines: SpillLines) {}

  write(provider: string, events: readonly AuditEvent[]): void {
    for (const { id, type, occurredAt, outcome } of events) {
      if (this.written++ >= MAX_LINES_PER_SECOND) this.more++;
      else this.writeLine({ provider, id, type: type.slice(0, MAX_TYPE_LENGTH), occurredAt, outcome });
    }
    this.timer ??= setTimeout(() => this.flush(), 1_000).unref();
  }

  /** Ends the second, and writes the number of the events without a line. */
  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.more > 0) this.writeLine({ more: this.more });
    [this.written, this.more] = [0, 0];
  }

  private writeLine(value: object): void {
    process.stderr.write(`audit-event-lost ${this.encode(value)}`);
  }

  private encode(value: object): string {
    try {
      return this.lines.encode('lost', value);
    } catch {
      return `- ${JSON.stringify(value)}\n`; // an application in development, without a spill or a ledger, has no key
    }
  }
}
