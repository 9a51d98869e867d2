import type { AuditEvent } from '../event/audit-event.js';
import { measureEvent } from '../event/event-bytes.js';
import type { DeliveryResult } from './receipt.js';

export type Settle = (result: DeliveryResult) => void;

/** Counts events until all of them are settled. */
export class EventTally {
  open = 0;
  private resolve: (() => void) | undefined;

  settleOne(): void {
    if (--this.open === 0) this.resolve?.();
  }

  /** Resolves when every event is settled. Call it once, after the last event was added. */
  async whenSettled(): Promise<void> {
    if (this.open > 0) await new Promise<void>((resolve) => (this.resolve = resolve));
  }
}

export interface Entry {
  readonly event: AuditEvent;
  /** The deadline by `performance.now()`, which does not depend on the clock's setting. */
  readonly deadlineMs: number;
  readonly settle: Settle;
  /** Whether a caller waits for the result. */
  readonly isAwaited: boolean;
  readonly tally: EventTally;
  settled: boolean;
}

export interface PendingEventsOptions {
  readonly maxBatchEvents: number;
  /** The maximum size of a batch. A single event may be larger. */
  readonly maxBatchBytes: number;
  /** How many events may wait for a provider that is not awaited. Further events are not queued. */
  readonly maxWaitingEvents: number;
  /** How many bytes of events may wait for any provider. Further events are not queued. */
  readonly maxWaitingBytes: number;
}

/** Holds the waiting events in the order of arrival. */
export class PendingEvents {
  private readonly entries: Entry[] = [];
  private awaited = 0;
  private bytes = 0;

  constructor(private readonly options: PendingEventsOptions) {}

  get length(): number {
    return this.entries.length;
  }

  /** Returns why no further event may wait; `undefined` if it may. */
  excess(isAwaited: boolean): string | undefined {
    const { maxWaitingEvents, maxWaitingBytes } = this.options;
    if (this.bytes >= maxWaitingBytes) return `more than ${Math.round(maxWaitingBytes / 1024 ** 2)} MiB of events wait`;
    if (isAwaited || this.entries.length < maxWaitingEvents) return undefined;
    return `more than ${maxWaitingEvents} events wait`;
  }

  get hasAwaited(): boolean {
    return this.awaited > 0;
  }

  get all(): readonly Entry[] {
    return this.entries;
  }

  push(entry: Entry): void {
    this.entries.push(entry);
    this.bytes += measureEvent(entry.event);
    if (entry.isAwaited) this.awaited++;
  }

  /** Takes the first entries, as many as fit into a batch. */
  takeBatch(): readonly Entry[] {
    const { maxBatchEvents, maxBatchBytes } = this.options;
    let bytes = 0;
    let count = 0;
    for (const { event } of this.entries) {
      bytes += measureEvent(event);
      if (count === maxBatchEvents || (count > 0 && bytes > maxBatchBytes)) break;
      count++;
    }
    return this.take(count);
  }

  takeDue(nowMs: number): readonly Entry[] {
    const firstInTime = this.entries.findIndex(({ deadlineMs }) => deadlineMs > nowMs);
    return this.take(firstInTime < 0 ? this.entries.length : firstInTime);
  }

  takeAll(): readonly Entry[] {
    return this.take(this.entries.length);
  }

  private take(count: number): readonly Entry[] {
    const taken = this.entries.splice(0, count);
    for (const { event, isAwaited } of taken) {
      this.bytes -= measureEvent(event);
      if (isAwaited) this.awaited--;
    }
    return taken;
  }
}
