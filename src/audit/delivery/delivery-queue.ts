import { AsyncResource } from 'node:async_hooks';
import type { AuditEvent } from '../event/audit-event.js';
import type { RegisteredProvider } from '../provider/provider-discovery.service.js';
import { callProvider, CallSlots, type BatchAnswer, type BatchListener } from './call-provider.js';
import { backoffMs } from './delivery-timing.js';
import type { DeliveryResult } from './receipt.js';
import { bisectWithin, storeBatch, type BatchOutcome, type Offer } from './store-batch.js';
import { Tally, PendingEvents, type Entry, type Settle, type PendingEventsOptions } from './pending-events.js';

/** Keeps the events that a queue's provider could not take. */
export interface Overflow {
  /** Resolves with `spilled` or `failed`; never rejects. `areSuspect`: the provider refused each of them alone, and took others. */
  keep(backend: string, events: readonly AuditEvent[], error: string, areSuspect: boolean): Promise<DeliveryResult>;
  /** Keeps an event that the provider will never take as a dead letter. Resolves as {@link keep} does. */
  bury(backend: string, event: AuditEvent, error: string): Promise<DeliveryResult>;
  resumed(backend: string): void;
}

/** The state of a queue; see the drawing at DeliveryQueue. */
export type QueueState = 'idle' | 'lingering' | 'scheduled' | 'sending' | 'suspended';

/** The state and the counts of a queue. */
export interface QueueStatus {
  readonly state: QueueState;
  /** Events that the queue was given since the start. */
  readonly accepted: number;
  /** Events that wait or are on their way. */
  readonly waiting: number;
  /** Events in flight: their batch is sent and not answered. */
  readonly inFlight: number;
  /** Events beyond the bound, whose callers wait for room. */
  readonly blocked: number;
  /** Events that the provider stored since the start, including those replayed from the spill. */
  readonly recorded: number;
  /** Why the provider did not take the last batch; absent if it took it. */
  readonly trouble?: string;
}

export interface DeliveryQueueOptions extends PendingEventsOptions {
  /** How long an event waits for the provider, and a batch for its answer, in milliseconds. */
  readonly timeoutMs: number;
  readonly timeoutsToSuspend: number;
}

/** How long events without a waiting caller wait for further events, in milliseconds. */
const LINGER_MS = 25;

/**
 * Brings events to one provider: joins the waiting events into one batch. One batch is in flight, or two when more than a batch waits and
 * the provider takes two.
 *
 *     idle ──event──▶ scheduled ──next turn of the loop──▶ sending ──answered, nothing waits──▶ idle
 *                                                          │    │ ▲
 *                                                          │    └─┘ answered, events wait
 *                                                          └──third time-out in a row, or a batch refused to the end──▶ suspended
 *     idle ──event that nobody waits for──▶ lingering ──25 ms, a full batch, or one that is waited for──▶ scheduled
 *     suspended ──a probe is answered──▶ idle          (while suspended, events go to the overflow at the next turn)
 *
 * Every entry is settled at its deadline at the latest: its caller never waits longer than `timeoutMs` and a disk write.
 */
export class DeliveryQueue {
  private state: QueueState = 'idle';
  private readonly waiting: PendingEvents;
  private readonly inFlight = new Set<readonly Entry[]>();
  private readonly slots: CallSlots;
  /** Counts the events that were accepted since the last drain began. */
  private tally = new Tally();
  private drained: Promise<unknown> = Promise.resolve();
  private accepted = 0;
  private recorded = 0;
  private timeoutsInARow = 0;
  private trouble: string | undefined;
  private giveUpScheduled = false;
  /** Events that the overflow was given and has not stored yet. */
  private readonly beingKept = new Set<Entry>();
  private deadlineTimer: NodeJS.Timeout | undefined;
  private probeTimer: NodeJS.Timeout | undefined;
  private lingerTimer: NodeJS.Timeout | undefined;
  private probeEvents: readonly AuditEvent[] = [];
  private closed = false;
  /** The queue works for many requests at once, so its timers must not run in the context of one. */
  private readonly ownContext = new AsyncResource('AuditDeliveryQueue');

  constructor(
    readonly provider: RegisteredProvider,
    private readonly overflow: Overflow,
    private readonly options: DeliveryQueueOptions,
    private readonly onBatch: BatchListener = () => undefined,
  ) {
    this.slots = new CallSlots(provider.maxBatchesInFlight);
    this.waiting = new PendingEvents(options);
  }

  status(): QueueStatus {
    const { blocked, length } = this.waiting;
    const inFlight = this.entriesOnTheirWay().length;
    const { state, accepted, recorded, trouble } = this;
    const counts = { accepted, waiting: length - blocked + inFlight, inFlight, blocked, recorded };
    return { state, ...counts, ...(trouble === undefined ? {} : { trouble }) };
  }

  /** Takes an event; calls `settle` once with the result, and `admit` when there is room, for callers that wait only for that. */
  deliver(event: AuditEvent, settle: Settle, admit?: () => void): void {
    const { tally } = this;
    const entry = {
      event,
      deadlineMs: performance.now() + this.options.timeoutMs,
      settle,
      admit,
      tally,
      settled: false,
    };
    this.accepted++;
    tally.open++;
    if (this.waiting.isFull && !this.provider.awaited) {
      // This provider is not awaited, so nobody may be made to wait for it.
      admit?.();
      void this.giveUp([entry], `more than ${this.options.maxWaitingEvents} events wait`);
      return;
    }
    this.waiting.push(entry);
    this.armDeadline();
    if (this.state === 'idle') this.moveTo(this.maySend() ? 'scheduled' : 'lingering');
    else if (this.state === 'lingering' && this.maySend()) this.moveTo('scheduled');
    else if (this.state === 'suspended') this.giveUpSoon();
    else if (this.state === 'sending' && this.maySend()) void this.sendBatch();
  }

  /** Resolves when every event accepted so far is settled, however many come meanwhile. */
  async drain(): Promise<void> {
    const { tally } = this;
    this.tally = new Tally();
    this.drained = Promise.all([this.drained, tally.whenSettled()]);
    await this.drained;
  }

  /** Returns the events that are neither stored nor kept yet; those in flight may still be stored. */
  unsaved(): readonly AuditEvent[] {
    return eventsOf([...this.beingKept, ...this.entriesOnTheirWay(), ...this.waiting.all]);
  }

  /** Drains, including events that come meanwhile, and stops the timers. Later events still go to the overflow. */
  async close(): Promise<void> {
    do await this.drain();
    while (this.tally.open > 0);
    this.closed = true;
    clearTimeout(this.deadlineTimer);
    clearTimeout(this.probeTimer);
    clearTimeout(this.lingerTimer);
  }

  /** Offers events again, beside the queue: for the replay of the overflow. */
  async offerAgain(events: readonly AuditEvent[], isUp: boolean): Promise<BatchOutcome> {
    if (this.state === 'suspended') return { stored: [], refused: [], left: events, error: this.suspension };
    return bisectWithin(events, this.offer, this.options.timeoutMs, isUp);
  }

  private moveTo(state: QueueState): void {
    this.state = state;
    switch (state) {
      case 'lingering':
        this.lingerTimer = this.after(LINGER_MS, () => this.moveTo('sending'));
        break;
      case 'scheduled':
        clearTimeout(this.lingerTimer);
        this.ownContext.runInAsyncScope(setImmediate, undefined, () => this.moveTo('sending'));
        break;
      case 'sending':
        if (this.inFlight.size === 0 && this.waiting.length > 0) void this.sendBatch();
        while (this.maySend()) void this.sendBatch();
        if (this.inFlight.size === 0) this.moveTo('idle');
        break;
      case 'suspended':
        this.giveUpSoon();
        this.probeLater(0);
        break;
      case 'idle':
        clearTimeout(this.probeTimer);
        if (this.waiting.length > 0) this.moveTo(this.maySend() ? 'scheduled' : 'lingering');
        break;
    }
  }

  /**
   * Whether a batch may be sent now. Events without a waiting caller wait for a full batch, or for an event with a caller. A second batch
   * in flight is only sent if it is full, since smaller ones are better joined.
   */
  private maySend(): boolean {
    if (this.waiting.length >= this.options.maxBatchEvents)
      return this.inFlight.size < this.provider.maxBatchesInFlight;
    return this.inFlight.size === 0 && this.waiting.hasAwaited;
  }

  private readonly sendBatch = this.ownContext.bind(async (): Promise<void> => {
    const batch = this.waiting.takeBatch();
    this.inFlight.add(batch);
    const outcome = await storeBatch(eventsOf(batch), this.offer, this.options.timeoutMs);
    this.inFlight.delete(batch);
    this.settleBatch(batch, outcome);
    if (this.state === 'suspended') return; // the other batch suspended it
    const isRefused = outcome.left.length > 0 && this.timeoutsInARow === 0;
    if (isRefused || this.timeoutsInARow >= this.options.timeoutsToSuspend) this.moveTo('suspended');
    else this.moveTo(this.inFlight.size === 0 && !this.maySend() ? 'idle' : 'sending');
  });

  private settleBatch(
    batch: readonly Entry[],
    { stored, isAccepted, refused, left, error = 'refused' }: BatchOutcome,
  ): void {
    const result = isAccepted === true ? ACCEPTED : RECORDED;
    if (stored.length === batch.length) {
      for (const entry of batch) this.settle(entry, result);
      return;
    }
    const entries = new Map(batch.map((entry) => [entry.event, entry]));
    const entriesOf = (events: readonly AuditEvent[]): Entry[] =>
      events.map((event) => entries.get(event)).filter((entry) => entry !== undefined);
    for (const entry of entriesOf(stored)) this.settle(entry, result);
    for (const { event, error: why, unstorable } of refused) {
      void this.giveUp(entriesOf([event]), why, unstorable ? 'unstorable' : 'suspect');
    }
    void this.giveUp(entriesOf(left), error);
  }

  /** Calls the provider, with as many calls at once as it takes, including replays and probes. Never rejects. */
  private readonly offer: Offer = async (events, attempt) => {
    const turn = this.slots.take();
    if (turn) await turn; // a call that need not wait starts at once
    const startedMs = performance.now();
    const answer = await callProvider(this.provider, events, this.options.timeoutMs, attempt);
    const seconds = (performance.now() - startedMs) / 1_000;
    this.slots.release();
    this.onBatch({ backend: this.provider.backend, events: events.length, seconds, answer: answer.status });
    this.note(answer, events.length);
    return answer;
  };

  private note(answer: BatchAnswer, events: number): void {
    this.timeoutsInARow = answer.status === 'timed out' ? this.timeoutsInARow + 1 : 0;
    this.trouble = answer.status === 'stored' ? undefined : answer.error;
    if (answer.status === 'stored') this.recorded += events;
  }

  /** While suspended: offers the last event that was given up, again and again, until the provider takes it or finds it at fault. */
  private probeLater(attempt: number): void {
    if (this.closed) return;
    const probe = (): void => {
      void this.offer(this.probeEvents, attempt + 1).then((answer) => {
        if (this.state !== 'suspended') return;
        const isBack = answer.status === 'stored' || (answer.status === 'rejected' && answer.fault === 'events');
        if (!isBack) {
          this.probeLater(attempt + 1);
          return;
        }
        this.moveTo('idle');
        this.overflow.resumed(this.provider.backend);
      });
    };
    this.probeTimer = this.after(backoffMs(attempt), probe).unref();
  }

  /** Starts one timer for all entries: they have the same time-out, so the oldest is due first. */
  private armDeadline(): void {
    if (this.deadlineTimer !== undefined || this.closed) return;
    const oldest = this.entriesOnTheirWay()[0] ?? this.waiting.all[0];
    if (!oldest) return;
    const onDue = (): void => {
      this.deadlineTimer = undefined;
      this.expire();
      this.armDeadline();
    };
    this.deadlineTimer = this.after(Math.max(oldest.deadlineMs - performance.now(), 1), onDue);
  }

  private expire(): void {
    const nowMs = performance.now();
    const onTheirWay = this.entriesOnTheirWay().filter(({ deadlineMs }) => deadlineMs <= nowMs);
    const due = [...onTheirWay, ...this.waiting.takeDue(nowMs)];
    void this.giveUp(due, this.trouble ?? `no answer within ${this.options.timeoutMs} ms`);
  }

  /** Gives up the waiting events, with one write for a turn of the loop. If the overflow is slow, further events wait. */
  private giveUpSoon(): void {
    if (this.giveUpScheduled) return;
    this.giveUpScheduled = true;
    this.ownContext.runInAsyncScope(setImmediate, undefined, () => {
      this.giveUpScheduled = false;
      if (this.state !== 'suspended' || this.beingKept.size >= this.options.maxWaitingEvents) return;
      void this.giveUp(this.waiting.takeAll(), this.suspension);
    });
  }

  private async giveUp(
    entries: readonly Entry[],
    error: string,
    guilt: 'none' | 'suspect' | 'unstorable' = 'none',
  ): Promise<void> {
    const open = entries.filter((entry) => !entry.settled);
    const [first] = open;
    if (!first) return;
    for (const entry of open) entry.settled = true;
    const events = eventsOf(open);
    this.probeEvents = events.slice(-1);
    const { backend } = this.provider;
    for (const entry of open) this.beingKept.add(entry);
    const result =
      guilt === 'unstorable'
        ? await this.overflow.bury(backend, first.event, error)
        : await this.overflow.keep(backend, events, error, guilt === 'suspect');
    for (const entry of open) {
      this.beingKept.delete(entry);
      this.finish(entry, result);
    }
    if (this.state === 'suspended' && this.waiting.length > 0) this.giveUpSoon();
  }

  private get suspension(): string {
    return `the provider is suspended (${this.trouble ?? 'no answer'})`;
  }

  private after(timeMs: number, work: () => void): NodeJS.Timeout {
    return this.ownContext.runInAsyncScope(setTimeout, undefined, work, timeMs);
  }

  private settle(entry: Entry, result: DeliveryResult): void {
    if (entry.settled) return;
    entry.settled = true;
    this.finish(entry, result);
  }

  private finish(entry: Entry, result: DeliveryResult): void {
    entry.settle(result);
    entry.tally.settleOne();
  }

  private entriesOnTheirWay(): readonly Entry[] {
    return [...this.inFlight].flat().filter(({ settled }) => !settled);
  }
}

const RECORDED: DeliveryResult = Object.freeze({ status: 'recorded' });
const ACCEPTED: DeliveryResult = Object.freeze({ status: 'accepted' });

function eventsOf(entries: readonly Entry[]): readonly AuditEvent[] {
  return entries.map(({ event }) => event);
}
