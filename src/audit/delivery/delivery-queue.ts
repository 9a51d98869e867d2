import { AsyncResource } from 'node:async_hooks';
import type { AuditEvent } from '../event/audit-event.js';
import type { RegisteredProvider } from '../provider/registered-provider.js';
import { offerBatch, type BatchAnswer } from './offer-batch.js';
import type { DeliveryResult } from './receipt.js';

/** Where a queue puts what its provider could not take. */
export interface Overflow {
  /** Resolves with `spilled` once the events are on disk, with `failed` when there is no room for them anywhere. Never rejects. */
  keep(backend: string, events: readonly AuditEvent[], error: string): Promise<DeliveryResult>;
}

/** Limits of a queue. */
export interface DeliveryQueueOptions {
  /** How long an event waits for the provider, and a batch for its answer, in milliseconds. */
  readonly timeoutMs: number;
  /** Most events in one batch. */
  readonly maxBatchEvents: number;
  /** Time-outs in a row after which the provider is suspended. */
  readonly timeoutsToSuspend: number;
}

interface Entry {
  readonly event: AuditEvent;
  readonly deadlineMs: number;
  readonly settle: (result: DeliveryResult) => void;
  settled: boolean;
}

/** What a queue is doing; see the drawing at {@link DeliveryQueue}. */
export type QueueState = 'idle' | 'scheduled' | 'sending' | 'suspended';

const FIRST_PROBE_MS = 1_000;
const LAST_PROBE_MS = 30_000;

/**
 * Brings events to one provider: coalesces what is waiting into one batch, with one batch in flight.
 *
 *     idle ──event──▶ scheduled ──next turn of the loop──▶ sending ──answer, nothing waits──▶ idle
 *                         ▲                                 │   │
 *                         └──────answer, events wait────────┘   └─third time-out in a row──▶ suspended
 *     suspended ──a probe is answered──▶ idle        (while suspended, events go to the overflow at once)
 *
 * Every entry is settled at its deadline at the latest: its caller never waits longer than `timeoutMs` and a disk write.
 */
export class DeliveryQueue {
  private state: QueueState = 'idle';
  private waiting: Entry[] = [];
  private inFlight: readonly Entry[] = [];
  private readonly unsettled = new Set<Promise<unknown>>();
  private lastCall: Promise<unknown> = Promise.resolve();
  private timeoutsInARow = 0;
  private deadlineTimer: NodeJS.Timeout | undefined;
  private probeTimer: NodeJS.Timeout | undefined;
  private closed = false;
  /** The queue works for many requests at once, so in the context of none of them. */
  private readonly ownContext = new AsyncResource('AuditDeliveryQueue');

  constructor(
    readonly provider: RegisteredProvider,
    private readonly overflow: Overflow,
    private readonly options: DeliveryQueueOptions,
  ) {}

  /** What the queue is doing and how much waits in it. */
  status(): { readonly state: QueueState; readonly waiting: number } {
    return { state: this.state, waiting: this.waiting.length + this.inFlight.length };
  }

  /** Resolves with what became of the event. Never rejects. */
  deliver(event: AuditEvent): Promise<DeliveryResult> {
    const result = new Promise<DeliveryResult>((settle) => {
      this.waiting.push({ event, deadlineMs: Date.now() + this.options.timeoutMs, settle, settled: false });
    });
    this.unsettled.add(result);
    void result.then(() => this.unsettled.delete(result));
    this.armDeadline();
    if (this.state === 'idle') this.moveTo('scheduled');
    else if (this.state === 'suspended') void this.giveUp(this.takeBatch(), 'the provider is suspended');
    return result;
  }

  /** Resolves when everything accepted so far is settled. */
  async drain(): Promise<void> {
    while (this.unsettled.size > 0) await Promise.all(this.unsettled);
  }

  /** Drains and stops the timers. Later events still go to the overflow. */
  async close(): Promise<void> {
    await this.drain();
    this.closed = true;
    clearTimeout(this.deadlineTimer);
    clearTimeout(this.probeTimer);
  }

  /** Offers events once more, outside the queue: for the replay of the overflow. */
  async offerAgain(events: readonly AuditEvent[]): Promise<BatchAnswer> {
    const answer = await this.offer(events, 1);
    if (answer.status !== 'timed out') this.resume();
    return answer;
  }

  /** The one place where the state changes. */
  private moveTo(state: QueueState): void {
    this.state = state;
    switch (state) {
      case 'scheduled':
        this.ownContext.runInAsyncScope(setImmediate, undefined, () => this.moveTo('sending'));
        break;
      case 'sending':
        void this.send(this.takeBatch());
        break;
      case 'suspended':
        void this.giveUp(this.takeAll(), 'the provider is suspended');
        break;
      case 'idle':
        clearTimeout(this.probeTimer);
        if (this.waiting.length > 0) this.moveTo('scheduled');
        break;
    }
  }

  private async send(batch: readonly Entry[]): Promise<void> {
    this.inFlight = batch;
    const answer = await this.offer(eventsOf(batch), 0);
    this.inFlight = [];
    if (answer.status === 'stored') {
      for (const entry of batch) settle(entry, { status: 'recorded' });
    } else {
      void this.giveUp(batch, answer.error);
    }
    this.timeoutsInARow = answer.status === 'timed out' ? this.timeoutsInARow + 1 : 0;
    if (this.timeoutsInARow >= this.options.timeoutsToSuspend) {
      this.moveTo('suspended');
      this.probeLater(eventsOf(batch), FIRST_PROBE_MS);
    } else if (this.waiting.length > 0) {
      this.moveTo('sending');
    } else {
      this.moveTo('idle');
    }
  }

  /** One call at a time, replays and probes too. Each ends at its time-out at the latest, and none rejects. */
  private offer(events: readonly AuditEvent[], attempt: number): Promise<BatchAnswer> {
    const answer = this.lastCall.then(() => offerBatch(this.provider, events, this.options.timeoutMs, attempt));
    this.lastCall = answer;
    return answer;
  }

  private resume(): void {
    if (this.state !== 'suspended') return;
    this.timeoutsInARow = 0;
    this.moveTo('idle');
  }

  /** While suspended: offers the last batch again and again until the provider answers. */
  private probeLater(events: readonly AuditEvent[], delayMs: number): void {
    if (this.closed) return;
    this.probeTimer = setTimeout(() => {
      void this.offer(events, 1).then((answer) => {
        if (answer.status === 'timed out') {
          if (this.state === 'suspended') this.probeLater(events, Math.min(delayMs * 2, LAST_PROBE_MS));
          return;
        }
        this.resume();
      });
    }, delayMs).unref();
  }

  /** One timer for all entries: they have one time-out, so the first in is the first due. */
  private armDeadline(): void {
    if (this.deadlineTimer !== undefined || this.closed) return;
    const oldest = this.inFlight.find(({ settled }) => !settled) ?? this.waiting[0];
    if (!oldest) return;
    const onDue = (): void => {
      this.deadlineTimer = undefined;
      this.expire();
      this.armDeadline();
    };
    const dueInMs = Math.max(oldest.deadlineMs - Date.now(), 1);
    this.deadlineTimer = this.ownContext.runInAsyncScope(setTimeout, undefined, onDue, dueInMs);
  }

  private expire(): void {
    const nowMs = Date.now();
    const due = [...this.inFlight, ...this.waiting].filter((entry) => !entry.settled && entry.deadlineMs <= nowMs);
    this.waiting = this.waiting.filter((entry) => entry.deadlineMs > nowMs);
    if (due.length > 0) void this.giveUp(due, `no answer within ${this.options.timeoutMs} ms`);
  }

  private async giveUp(entries: readonly Entry[], error: string): Promise<void> {
    const open = entries.filter((entry) => !entry.settled);
    if (open.length === 0) return;
    for (const entry of open) entry.settled = true;
    const result = await this.overflow.keep(this.provider.backend, eventsOf(open), error);
    for (const entry of open) entry.settle(result);
  }

  private takeBatch(): readonly Entry[] {
    return this.waiting.splice(0, this.options.maxBatchEvents);
  }

  private takeAll(): readonly Entry[] {
    return this.waiting.splice(0);
  }
}

function settle(entry: Entry, result: DeliveryResult): void {
  if (entry.settled) return;
  entry.settled = true;
  entry.settle(result);
}

function eventsOf(entries: readonly Entry[]): readonly AuditEvent[] {
  return entries.map(({ event }) => event);
}
