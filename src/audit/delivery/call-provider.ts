import { errorMessage } from '../../base/errors/error-facts.js';
import type { AuditEvent } from '../event/audit-event.js';
import type { RegisteredProvider } from '../provider/provider-discovery.service.js';
import { faultOf, type Fault } from './rejection-cause.js';
import { withTimeout } from '../../base/with-timeout.js';

/** A provider's answer to a batch. */
export type BatchResult =
  /** `isAccepted`: a queue in front of the store accepted the batch. */
  | { readonly status: 'stored'; readonly isAccepted?: true }
  | { readonly status: 'rejected'; readonly error: string; readonly fault: Fault }
  | { readonly status: 'timed out'; readonly error: string };

export interface AttemptedBatch {
  readonly backend: string;
  readonly events: number;
  /** The time from the call to the answer. */
  readonly seconds: number;
  readonly result: BatchResult['status'];
}

/** Called for each answered batch, including replays and probes. Must be quick, and must not throw. */
export type BatchListener = (batch: AttemptedBatch) => void;

/**
 * Calls a provider with a batch, and waits at most `timeoutMs`. Never rejects. If the provider returns `false`, the batch counts as
 * rejected.
 */
export async function callProvider(
  provider: RegisteredProvider,
  events: readonly AuditEvent[],
  timeoutMs: number,
  attempt: number,
): Promise<BatchResult> {
  const abort = new AbortController();
  const scope = { backend: provider.backend, signal: abort.signal, attempt };
  // If `record` throws synchronously, the promise rejects. The provider gets a copy of the array, because it may change the array.
  const result = new Promise<unknown>((resolve) => resolve(provider.instance.record([...events], scope))).then(
    (given): BatchResult => (given === false ? NOT_LOGGED : given === 'accepted' ? ACCEPTED : { status: 'stored' }),
    (error: unknown): BatchResult => {
      const phrase = errorMessage(error).replace(/\.$/, ''); // without the full stop, the phrase fits into a sentence
      return { status: 'rejected', error: phrase, fault: faultOf(error) };
    },
  );
  return withTimeout(timeoutMs, result, (): BatchResult => {
    abort.abort();
    return { status: 'timed out', error: `no answer within ${timeoutMs} ms` };
  });
}

const ACCEPTED: BatchResult = Object.freeze({ status: 'stored', isAccepted: true });

const NOT_LOGGED: BatchResult = Object.freeze({
  status: 'rejected',
  error: 'the provider resolved with false, so it did not store the events',
  fault: 'unknown',
});

/** Limits the number of calls at once. Further calls wait in order. */
export class CallSlots {
  private free: number;
  private readonly queue: (() => void)[] = [];

  constructor(limit: number) {
    this.free = limit;
  }

  /** Acquires a slot. Returns a promise if the call must wait. Release the slot after the call. */
  acquire(): Promise<void> | undefined {
    if (this.free > 0) this.free--;
    else return new Promise<void>((resolve) => this.queue.push(resolve));
    return undefined;
  }

  release(): void {
    const next = this.queue.shift();
    if (next) next();
    else this.free++;
  }
}
