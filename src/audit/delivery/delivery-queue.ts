import { clearTimeout, setImmediate, setTimeout } from '../../base/timers.js';
import { AsyncResource } from 'node:async_hooks';
import type { AuditEvent } from '../event/audit-event.js';
import type { RegisteredProvider } from '../provider/provider-discovery.service.js';
import { callProvider, CallSlots, type BatchListener } from './call-provider.js';
import { ProviderSuspension, bisectWithin, storeBatch, type BatchOutcome, type Offer } from './store-batch.js';
import type { DeliveryResult } from './receipt.js';
import { EventTally, PendingEvents, type Entry, type Settle, type PendingEventsOptions } from './pending-events.js';

/** Stores the events that a queue's provider could not store. */
export interface Overflow {
  /** Resolves with `spilled` or `failed`; never rejects. `areSuspect`: the provider refused each event alone, but stored other events. */
  keep(backend: string, events: readonly AuditEvent[], error: string, areSuspect: boolean): Promise<DeliveryResult>;
  /** Stores, as a dead letter, an event that the provider will never store. Resolves like {@link keep}. */
  addDeadLetter(backend: string, event: AuditEvent, error: string): Promise<DeliveryResult>;
  resumed(backend: string): void;
}

/** The state of a queue; the comment of DeliveryQueue shows the transitions. */
export type QueueState = 'idle' | 'lingering' | 'scheduled' | 'sending' | 'suspended';

export interface QueueStatus {
  readonly state: QueueState;
  /** The number of events that the queue accepted since the process started. */
  readonly accepted: number;
  /** The number of events that wait or are in flight. */
  readonly waiting: number;
  /** The number of events in flight: their batch is sent, but not answered. */
  readonly inFlight: number;
  /** The number of events that the provider stored since the process started, including events from the spill. */
  readonly recorded: number;
  /** Why the provider did not store the last batch; missing if the provider stored it. */
  readonly lastProblem?: string;
}

export interface DeliveryQueueOptions extends PendingEventsOptions {
  /** The time limit, in milliseconds, for storing an event, and for the provider's answer to a batch. */
  readonly timeoutMs: number;
  readonly timeoutsToSuspend: number;
}

/** How many milliseconds a new batch is delayed if no caller waits for its events. */
const LINGER_MS = 25;

/**
 * Delivers events to one provider: joins the waiting events into one batch. One batch is in flight; a second batch follows if it is full
 * and the provider has `recordInTransaction`.
 *
 *     idle ──event──▶ scheduled ──next turn of the loop──▶ sending ──answered, the queue is empty──▶ idle
 *                                                          │    │ ▲
 *                                                          │    └─┘ answered, events wait
 *                                                          └──third time-out in a row, or a batch refused to the end──▶ suspended
 *     idle ──event without a waiting caller──▶ lingering ──25 ms, a full batch, or an event with a waiting caller──▶ scheduled
 *     suspended ──a probe is answered──▶ idle          (during the suspension, the overflow stores the events)
 *
 * Every queued event is settled at its deadline at the latest. The caller of an event waits at most for `timeoutMs` and a disk write.
 */
export class DeliveryQueue {
  private state: QueueState = 'idle';
  private readonly waiting: PendingEvents;
  private readonly inFlight = new Set<readonly Entry[]>();
  private readonly slots: CallSlots;
  private tally = new EventTally();
  private drained: Promise<unknown> = Promise.resolve();
  private accepted = 0;
  private recorded = 0;
  private readonly suspension: ProviderSuspension;
  private isAbandonScheduled = false;
  private readonly savingEvents = new Set<Entry>();
  private deadlineTimer: NodeJS.Timeout | undefined;
  private lingerTimer: NodeJS.Timeout | undefined;
  private closed = false;
  /** The queue serves many requests at once, so its timers must not run in the context of a request. */
  private readonly ownContext = new AsyncResource('AuditDeliveryQueue');

  constructor(
    readonly provider: RegisteredProvider,
    private readonly overflow: Overflow,
    private readonly options: DeliveryQueueOptions,
    private readonly onBatch: BatchListener = () => undefined,
  ) {
    this.slots = new CallSlots(provider.maxBatchesInFlight);
    this.waiting = new PendingEvents(options);
    const after = (timeMs: number, work: () => void): NodeJS.Timeout => this.after(timeMs, work);
    this.suspension = new ProviderSuspension(options.timeoutsToSuspend, this.offer, after);
  }

  status(): QueueStatus {
    const inFlight = this.entriesOnTheirWay().length;
    const { state, accepted, recorded } = this;
    const { lastProblem } = this.suspension;
    const counts = { accepted, waiting: this.waiting.length + inFlight, inFlight, recorded };
    return { state, ...counts, ...(lastProblem === undefined ? {} : { lastProblem }) };
  }

  /** Queues an event. Calls `settle` once with the result. If no caller waits for the event, it waits a moment for others. */
  deliver(event: AuditEvent, settle: Settle, isAwaited = true): void {
    const { tally } = this;
    const entry = {
      event,
      deadlineMs: performance.now() + this.options.timeoutMs,
      settle,
      isAwaited,
      tally,
      settled: false,
    };
    this.accepted++;
    tally.open++;
    const excess = this.waiting.excess(this.provider.awaited);
    if (excess !== undefined) {
      void this.abandon([entry], excess);
      return;
    }
    this.waiting.push(entry);
    this.armDeadline();
    if (this.state === 'idle') this.moveTo(this.maySend() ? 'scheduled' : 'lingering');
    else if (this.state === 'lingering' && this.maySend()) this.moveTo('scheduled');
    else if (this.state === 'suspended') this.scheduleAbandon();
    else if (this.state === 'sending' && this.maySend()) void this.sendBatch();
  }

  /** Resolves when every event accepted so far is settled. Does not wait for later events. */
  async drain(): Promise<void> {
    const { tally } = this;
    this.tally = new EventTally();
    this.drained = Promise.all([this.drained, tally.whenSettled()]);
    await this.drained;
  }

  /** Returns the events that neither the provider nor the overflow has stored. The provider may still store the events in flight. */
  unsaved(): readonly AuditEvent[] {
    return toEvents([...this.savingEvents, ...this.entriesOnTheirWay(), ...this.waiting.all]);
  }

  /** Drains the queue, including later events, and stops the timers. After that, the overflow still stores events. */
  async close(): Promise<void> {
    do await this.drain();
    while (this.tally.open > 0);
    this.closed = true;
    clearTimeout(this.deadlineTimer);
    this.suspension.stop();
    clearTimeout(this.lingerTimer);
  }

  /** Offers events of the overflow to the provider, independently of the queue. */
  async offerAgain(events: readonly AuditEvent[], isUp: boolean): Promise<BatchOutcome> {
    if (this.state === 'suspended') return { stored: [], refused: [], undecided: events, error: this.suspension.error };
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
        this.scheduleAbandon();
        this.suspension.probe(
          () => this.state === 'suspended' && !this.closed,
          () => {
            this.moveTo('idle');
            this.overflow.resumed(this.provider.backend);
          },
        );
        break;
      case 'idle':
        if (this.waiting.length > 0) this.moveTo(this.maySend() ? 'scheduled' : 'lingering');
        break;
    }
  }

  /** A second batch is sent only if it is full, since joining small batches is faster. */
  private maySend(): boolean {
    if (this.waiting.length >= this.options.maxBatchEvents)
      return this.inFlight.size < this.provider.maxBatchesInFlight;
    return this.inFlight.size === 0 && this.waiting.hasAwaited;
  }

  private readonly sendBatch = this.ownContext.bind(async (): Promise<void> => {
    const batch = this.waiting.takeBatch();
    this.inFlight.add(batch);
    const outcome = await storeBatch(toEvents(batch), this.offer, this.options.timeoutMs);
    this.inFlight.delete(batch);
    this.settleBatch(batch, outcome);
    if (this.state === 'suspended') return; // the other batch suspended the provider
    if (this.suspension.isDue(outcome)) this.moveTo('suspended');
    else this.moveTo(this.inFlight.size === 0 && !this.maySend() ? 'idle' : 'sending');
  });

  private settleBatch(
    batch: readonly Entry[],
    { stored, isAccepted, refused, undecided, error = 'refused' }: BatchOutcome,
  ): void {
    const result = isAccepted === true ? ACCEPTED : RECORDED;
    if (stored.length === batch.length) {
      for (const entry of batch) this.settle(entry, result);
      return;
    }
    const entries = new Map(batch.map((entry) => [entry.event, entry]));
    const toEntries = (events: readonly AuditEvent[]): Entry[] =>
      events.map((event) => entries.get(event)).filter((entry) => entry !== undefined);
    for (const entry of toEntries(stored)) this.settle(entry, result);
    for (const { event, error: why, unstorable } of refused) {
      void this.abandon(toEntries([event]), why, unstorable ? 'unstorable' : 'suspect');
    }
    void this.abandon(toEntries(undecided), error);
  }

  private readonly offer: Offer = async (events, attempt) => {
    const turn = this.slots.acquire();
    if (turn) await turn; // without an `await`, the call starts synchronously
    const startedMs = performance.now();
    const outcome = await callProvider(this.provider, events, this.options.timeoutMs, attempt);
    const seconds = (performance.now() - startedMs) / 1_000;
    this.slots.release();
    this.onBatch({ backend: this.provider.backend, events: events.length, seconds, result: outcome.status });
    this.suspension.note(outcome);
    if (outcome.status === 'stored') this.recorded += events.length;
    return outcome;
  };

  /** All entries have the same time-out, so the oldest entry is due first. */
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
    void this.abandon(due, this.suspension.lastProblem ?? `no answer within ${this.options.timeoutMs} ms`);
  }

  private scheduleAbandon(): void {
    if (this.isAbandonScheduled) return;
    this.isAbandonScheduled = true;
    this.ownContext.runInAsyncScope(setImmediate, undefined, () => {
      this.isAbandonScheduled = false;
      if (this.state !== 'suspended' || this.savingEvents.size >= this.options.maxWaitingEvents) return;
      void this.abandon(this.waiting.takeAll(), this.suspension.error);
    });
  }

  private async abandon(
    entries: readonly Entry[],
    error: string,
    guilt: 'none' | 'suspect' | 'unstorable' = 'none',
  ): Promise<void> {
    const open = entries.filter((entry) => !entry.settled);
    const [first] = open;
    if (!first) return;
    for (const entry of open) entry.settled = true;
    const events = toEvents(open);
    this.suspension.probeEvents = events.slice(-1);
    const { backend } = this.provider;
    for (const entry of open) this.savingEvents.add(entry);
    const result =
      guilt === 'unstorable'
        ? await this.overflow.addDeadLetter(backend, first.event, error)
        : await this.overflow.keep(backend, events, error, guilt === 'suspect');
    for (const entry of open) {
      this.savingEvents.delete(entry);
      this.finish(entry, result);
    }
    if (this.state === 'suspended' && this.waiting.length > 0) this.scheduleAbandon();
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

function toEvents(entries: readonly Entry[]): readonly AuditEvent[] {
  return entries.map(({ event }) => event);
}
