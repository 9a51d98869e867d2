import { clearTimeout } from '../../base/timers.js';
import type { AuditEvent } from '../event/audit-event.js';
import type { BatchResult } from './call-provider.js';
import { backoffMs } from './delivery-timing.js';
import type { BatchOutcome, Offer } from './store-batch.js';

/** Decides when a provider that hangs or refuses events is suspended, and probes the suspended provider until it answers again. */
export class ProviderSuspension {
  /** Why the provider did not store the last batch; `undefined` if the provider stored it. */
  trouble: string | undefined;
  /** The event that each probe offers: the last event that was moved to the spill. */
  probeEvents: readonly AuditEvent[] = [];
  private timeoutsInARow = 0;
  private probeTimer: NodeJS.Timeout | undefined;

  /** @param after starts a timer, in milliseconds */
  constructor(
    private readonly timeoutsToSuspend: number,
    private readonly offer: Offer,
    private readonly after: (timeMs: number, work: () => void) => NodeJS.Timeout,
  ) {}

  note(result: BatchResult): void {
    this.timeoutsInARow = result.status === 'timed out' ? this.timeoutsInARow + 1 : 0;
    this.trouble = result.status === 'stored' ? undefined : result.error;
  }

  /**
   * Whether to suspend the provider after a batch. True if events are `left` although the provider responded, or after several time-outs in
   * a row.
   */
  isDue({ left }: BatchOutcome): boolean {
    const isRefused = left.length > 0 && this.timeoutsInARow === 0;
    return isRefused || this.timeoutsInARow >= this.timeoutsToSuspend;
  }

  /** The error of the events that are given up during the suspension. */
  get error(): string {
    return `the provider is suspended (${this.trouble ?? 'no answer'})`;
  }

  /**
   * Offers the probe event with growing delays, while `isSuspended` returns `true`. Calls `resume` when the provider stores the event, or
   * refuses only this event as invalid.
   */
  probe(isSuspended: () => boolean, resume: () => void, attempt = 0): void {
    const offerAgain = (): void => {
      void this.offer(this.probeEvents, attempt + 1).then((result) => {
        if (!isSuspended()) return;
        const isBack = result.status === 'stored' || (result.status === 'rejected' && result.fault === 'events');
        if (isBack) resume();
        else this.probe(isSuspended, resume, attempt + 1);
      });
    };
    this.stop();
    this.probeTimer = this.after(backoffMs(attempt), () => isSuspended() && offerAgain()).unref();
  }

  /** Cancels the next probe. */
  stop(): void {
    clearTimeout(this.probeTimer);
  }
}
