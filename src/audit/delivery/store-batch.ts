import { pause, clearTimeout } from '../../base/timers.js';
import type { AuditEvent } from '../event/audit-event.js';
import type { BatchResult } from './call-provider.js';
import { computeBackoffMs } from './delivery-timing.js';

/** Calls a provider with events. `attempt` counts from 0. Never rejects. */
export type Offer = (events: readonly AuditEvent[], attempt: number) => Promise<BatchResult>;

const RETRIES = 2;

/** Retries a batch, then bisects it, to store every event that the provider accepts. Starts no attempt that would exceed `timeoutMs`. */
export async function storeBatch(
  events: readonly AuditEvent[],
  offer: Offer,
  timeoutMs: number,
): Promise<BatchOutcome> {
  const endsAtMs = performance.now() + timeoutMs;
  let tryTookMs = 0;
  const hasTime = (): boolean => performance.now() + tryTookMs < endsAtMs;
  let result: BatchResult;
  for (let attempt = 0; ; attempt++) {
    const startedMs = performance.now();
    result = await offer(events, attempt);
    tryTookMs = performance.now() - startedMs;
    if (attempt === RETRIES || !isWorthSplitting(result) || !hasTime()) break;
    await pause(computeBackoffMs(attempt));
  }
  if (result.status === 'stored') return { stored: events, isAccepted: result.isAccepted, refused: [], undecided: [] };
  const fault = result.status === 'rejected' ? result.fault : 'store';
  if (fault === 'events' || (fault === 'unknown' && events.length > 1 && hasTime())) {
    return bisectWithin(events, offer, endsAtMs - performance.now());
  }
  return { stored: [], refused: [], undecided: events, error: result.error };
}

/** Bisects a batch. After `timeoutMs`, the events without a result are in `undecided`. */
export function bisectWithin(
  events: readonly AuditEvent[],
  offer: Offer,
  timeoutMs: number,
  isUp = false,
): Promise<BatchOutcome> {
  const endsAtMs = performance.now() + timeoutMs;
  const offerInTime = (part: readonly AuditEvent[]): Promise<BatchResult> =>
    part !== events && performance.now() > endsAtMs
      ? Promise.resolve({ status: 'timed out', error: `the whole batch was not stored within ${timeoutMs} ms` })
      : offer(part, 1);
  return bisectBatch(events, offerInTime, isUp);
}

function isWorthSplitting(result: BatchResult): boolean {
  return result.status === 'rejected' && result.fault !== 'events';
}

/** An event that the provider refused alone, without other events. */
interface RefusedEvent {
  readonly event: AuditEvent;
  readonly error: string;
  /** Whether the provider's error says that the event can never be stored. */
  readonly unstorable: boolean;
}

/** The result of a batch. Each event of the batch is in exactly one of the three lists. */
export interface BatchOutcome {
  readonly stored: readonly AuditEvent[];
  /** Whether some of the stored events are only accepted, by a queue in front of the store. */
  readonly isAccepted?: boolean | undefined;
  readonly refused: readonly RefusedEvent[];
  /** The events without a result, because the provider seems to be down. `error` contains the cause. */
  readonly undecided: readonly AuditEvent[];
  readonly error?: string;
}

/**
 * Finds the events that the provider refuses. Offers the batch, then its halves in order, until each refused event was offered alone. Stops
 * if the provider does not answer. Unless `isUp`, also stops if no event is stored after more refusals than one bad event can cause.
 */
export async function bisectBatch(
  events: readonly AuditEvent[],
  offer: (part: readonly AuditEvent[]) => Promise<BatchResult>,
  isUp = false,
): Promise<BatchOutcome> {
  const stored: AuditEvent[] = [];
  const refused: RefusedEvent[] = [];
  const parts: (readonly AuditEvent[])[] = [events];
  const maxRefusals = 2 * Math.ceil(Math.log2(events.length + 1)) + 1;
  let refusals = 0;
  let isAccepted = false;
  const leave = (error: string): BatchOutcome => ({
    ...toUndecidedOutcome(events, stored, refused, error),
    isAccepted,
  });
  for (let part = parts.pop(); part; part = parts.pop()) {
    const result = await offer(part);
    if (result.status === 'stored') {
      stored.push(...part);
      isAccepted ||= result.isAccepted === true;
      continue;
    }
    if (result.status === 'timed out' || result.fault === 'store') return leave(result.error);
    const unstorable = result.fault === 'events';
    if (!unstorable && ++refusals >= maxRefusals && stored.length === 0 && !isUp) return leave(result.error);
    const [only] = part;
    if (only && part.length === 1) {
      refused.push({ event: only, error: result.error, unstorable });
    } else {
      const middle = Math.ceil(part.length / 2);
      parts.push(part.slice(middle), part.slice(0, middle));
    }
  }
  const plain = refused.find(({ unstorable }) => !unstorable);
  return plain && stored.length === 0 && !isUp ? leave(plain.error) : { stored, isAccepted, refused, undecided: [] };
}

/** A provider that stored no event may be down. */
function toUndecidedOutcome(
  events: readonly AuditEvent[],
  stored: readonly AuditEvent[],
  refused: readonly RefusedEvent[],
  error: string,
): BatchOutcome {
  const unstorable = refused.filter((each) => each.unstorable);
  const decided = new Set([...stored, ...unstorable.map(({ event }) => event)]);
  return { stored, refused: unstorable, undecided: events.filter((event) => !decided.has(event)), error };
}

/** The circuit breaker of a provider: decides when a provider that hangs or refuses events is suspended, and probes the suspended provider until it answers again. */
export class ProviderSuspension {
  /** Why the provider did not store the last batch; `undefined` if the provider stored it. */
  lastProblem: string | undefined;
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
    this.lastProblem = result.status === 'stored' ? undefined : result.error;
  }

  /**
   * Whether to suspend the provider after a batch. True if events are `undecided` although the provider responded, or after several time-outs in
   * a row.
   */
  isDue({ undecided }: BatchOutcome): boolean {
    const isRefused = undecided.length > 0 && this.timeoutsInARow === 0;
    return isRefused || this.timeoutsInARow >= this.timeoutsToSuspend;
  }

  /** The error of the events that are given up during the suspension. */
  get error(): string {
    return `the provider is suspended (${this.lastProblem ?? 'no answer'})`;
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
    this.probeTimer = this.after(computeBackoffMs(attempt), () => isSuspended() && offerAgain()).unref();
  }

  /** Cancels the next probe. */
  stop(): void {
    clearTimeout(this.probeTimer);
  }
}
