import { clearTimeout, setTimeout } from '../../../base/timers.js';
import { AsyncResource } from 'node:async_hooks';
import type { AuditEvent } from '../../event/audit-event.js';
import type { DeliveryQueue } from '../delivery-queue.js';
import { computeBackoffMs } from '../delivery-timing.js';
import type { DeadLetter } from './spill-line.js';
import type { ReplayVerdict } from './replay-segment.js';
import type { ReplaySummary, SpillFolder } from './spill-folder.js';

/**
 * Delivers the events of one backend in the spill to its provider, as soon as the provider stores events again.
 *
 *     empty ──an event is spilled──▶ waiting ──backoff ends──▶ replaying ──all events are stored──▶ empty
 *                                       ▲ └─if suspended──┐        │
 *                                       ├─────────────────┘        │
 *                                       └──events are left, or new ones are spilled
 */
export class SpillReplay {
  private readonly backend: string;
  private state: 'empty' | 'waiting' | 'replaying' = 'empty';
  private attempt = 0;
  private isRerunNeeded = false;
  private recordedBefore = 0;
  private readonly refusals = new Refusals();
  private timer: NodeJS.Timeout | undefined;
  private round: Promise<void> = Promise.resolve();
  private closed = false;
  /** The replay does not run in the context of any request. */
  private readonly ownContext = new AsyncResource('AuditSpillReplay');

  /**
   * @param replayed is called after each round with the result
   * @param failed is called when the folder cannot be read
   */
  constructor(
    private readonly queue: DeliveryQueue,
    private readonly folder: SpillFolder,
    private readonly replayed: (summary: ReplaySummary) => void,
    private readonly failed: (error: unknown) => void,
  ) {
    this.backend = queue.provider.backend;
  }

  get isPending(): boolean {
    return this.state !== 'empty';
  }

  /** Starts the replay, since events were spilled. The provider refused each of `suspects` alone, but stored other events. */
  wake(suspects: readonly AuditEvent[] = []): void {
    for (const { id } of suspects) this.refusals.note(id, this.queue.status().recorded);
    if (this.state === 'replaying') this.isRerunNeeded = true;
    if (this.state !== 'empty') return;
    this.recordedBefore = this.queue.status().recorded;
    this.moveTo('waiting');
  }

  /** Starts the next round at once, since the provider is back. */
  runSoon(): void {
    this.attempt = 0;
    if (this.state === 'waiting') this.moveTo('waiting');
  }

  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.timer);
    await this.round;
  }

  private moveTo(state: 'empty' | 'waiting' | 'replaying'): void {
    this.state = state;
    clearTimeout(this.timer);
    if (this.closed) return;
    switch (state) {
      case 'waiting':
        this.timer = this.ownContext
          .runInAsyncScope(setTimeout, undefined, () => this.moveTo('replaying'), computeBackoffMs(this.attempt++))
          .unref();
        break;
      case 'replaying':
        // A suspended provider gets no round: each round begins a new file, and a long outage would make thousands of files.
        if (this.queue.status().state === 'suspended') {
          this.moveTo('waiting');
          break;
        }
        this.isRerunNeeded = false;
        this.round = this.replay();
        break;
      case 'empty':
        this.attempt = 0;
        this.refusals.clear();
        break;
    }
  }

  private async replay(): Promise<void> {
    let deferred = 0;
    let done = false;
    try {
      const summary = await this.folder.replay(this.backend, async (events) => {
        const verdict = await this.offer(events);
        deferred += verdict.deferred;
        return verdict;
      });
      done = summary.done && deferred === 0 && !this.isRerunNeeded;
      if (summary.replayed > deferred) this.attempt = 0;
      this.state = done ? 'empty' : 'waiting';
      this.replayed({ ...summary, replayed: summary.replayed - deferred, done });
    } catch (error) {
      this.failed(error);
    }
    this.moveTo(done ? 'empty' : 'waiting');
  }

  private async offer(events: readonly AuditEvent[]): Promise<ReplayVerdict & { readonly deferred: number }> {
    const refuse = { done: false, deferred: 0 } as const;
    if (this.closed) return refuse;
    const hasRecorded = this.queue.status().recorded > this.recordedBefore;
    const isUp = hasRecorded || events.every(({ id }) => this.refusals.has(id));
    const { refused, undecided } = await this.queue.offerAgain(events, isUp);
    this.recordedBefore = this.queue.status().recorded;
    if (undecided.length > 0) return refuse;
    const dead: DeadLetter[] = [];
    const suspects: AuditEvent[] = [];
    for (const { event, error, unstorable } of refused) {
      if (this.refusals.note(event.id, this.recordedBefore) || unstorable) dead.push({ event, error });
      else suspects.push(event);
    }
    // The suspects are moved to the end of the spill, so that they do not delay other events.
    if (suspects.length > 0) await this.folder.append(this.backend, suspects);
    return { done: true, dead, deferred: suspects.length };
  }
}

const MAX_REFUSALS = 5;

/** After this time, which is longer than a provider's restart, a refusal counts even if no event was stored since the last refusal. */
const RECOUNT_AFTER_MS = 60_000;

interface CountedRefusal {
  readonly count: number;
  /** The number of events that the provider had stored at the last counted refusal. */
  readonly recorded: number;
  readonly countedAtMs: number;
}

/**
 * Counts the refusals of each event that was offered alone. A provider that is down refuses every event. So a refusal counts only if the
 * provider stored an event since the last counted refusal, or if a minute has passed.
 */
export class Refusals {
  private readonly counted = new Map<string, CountedRefusal>();

  /** @param now a monotonic clock in milliseconds */
  constructor(private readonly now = (): number => performance.now()) {}

  has(id: string): boolean {
    return this.counted.has(id);
  }

  /** Notes the refusal of an event. `recorded` is the number of stored events. Returns whether the event is a dead letter. */
  note(id: string, recorded: number): boolean {
    const { count, recorded: before, countedAtMs } = this.counted.get(id) ?? { count: 0, recorded: -1, countedAtMs: 0 };
    const nowMs = this.now();
    if (recorded === before && nowMs - countedAtMs < RECOUNT_AFTER_MS) return false;
    this.counted.set(id, { count: count + 1, recorded, countedAtMs: nowMs });
    return count + 1 >= MAX_REFUSALS;
  }

  clear(): void {
    this.counted.clear();
  }
}
