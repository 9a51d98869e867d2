import { canonicalJson, formatErrorWithCause } from '../../audit/nest-free.js';
import { TIMING } from '../store/timing.js';
import type { ConsumerProgress, ConsumerStore } from './consumer-store.js';
import type { BatchOutcome, PreparedBatch, RangeConsumer } from './range-consumer.js';
import { FAILURES_PER_STATE, retryDelay } from './retry-delay.js';

interface WorkerDependencies {
  /** Returns the milliseconds of a monotonic clock. */
  readonly now: () => number;
  readonly random: () => number;
  /** Stops the consumer, because it refuses all further events. */
  readonly end: (reason: string) => Promise<void>;
  readonly notify: (line: string, isAlarm: boolean) => void;
  /** Called before a batch is handled, and after. */
  readonly busy: (isHandling: boolean) => void;
  /** Whether each new checkpoint wakes the worker, because this process signs checkpoints. */
  readonly isWakeable: () => boolean;
  /** Returns a longer pause, the longer no consumer has handled a batch. */
  readonly idleMs: (pauseMs: number) => number;
}

/** What this process has handled since its start, by the name of the consumer. */
export type ConsumerTotals = Readonly<Record<string, ConsumerWorker['total']>>;

const MAX_REFUSALS = 10;
const REASON_CHARACTERS = 300;

/** Runs one consumer, one batch at a time. */
export class ConsumerWorker {
  private limit: number;
  private notBefore = 0;
  private isWaiting = false;
  private isFailing = false;
  /** Counts the handled events, and the batches that were handled again. */
  total: Readonly<Record<'handled' | 'retried', number>> = { handled: 0, retried: 0 };

  constructor(
    private readonly consumer: RangeConsumer,
    private readonly store: ConsumerStore,
    private readonly surroundings: WorkerDependencies,
  ) {
    this.limit = consumer.maxEvents;
  }

  /**
   * Takes one step: handles a batch, or finds that nothing is due. Resolves with the milliseconds to wait before the next step, and with `undefined` if
   * the ledger lacks the row of the consumer.
   *
   * @throws `AUDIT_CONSUMER_CONTRADICTED`, or the error of the PostgreSQL client
   */
  async step(signal: AbortSignal): Promise<number | undefined> {
    const progress = await this.store.load();
    if (!progress) return undefined;
    const { idleMs, isWakeable } = this.surroundings;
    if (progress.state !== 'active') return idleMs(TIMING.consumerPausedMs);
    const { delaysRetention, about } = this.consumer;
    if (progress.delaysRetention !== delaysRetention || canonicalJson(progress.about) !== canonicalJson(about)) {
      await this.store.describe({ delaysRetention, about });
      return 0;
    }
    if (this.isWaiting && progress.failures === 0) this.notBefore = 0; // somebody resumed the consumer
    const waitMs = this.notBefore - this.surroundings.now();
    if (waitMs > 0) return Math.min(waitMs, TIMING.consumerLookMs);
    const { frozen, retry, position, end, endsBefore } = progress;
    if (frozen === undefined && retry === undefined && position >= end) {
      if (endsBefore !== null && position >= endsBefore) await this.store.finish();
      return isWakeable() ? idleMs(TIMING.consumerLookMs) : TIMING.consumerIdleMs;
    }
    await this.advance(progress, signal);
    return 0;
  }

  private async advance(progress: ConsumerProgress, signal: AbortSignal): Promise<void> {
    const { frozen, retry, position, end, sealed, carried, replayOf } = progress;
    const made = await this.consumer.prepare({
      ...{ first: position, end, sealed, carried, frozen, limit: this.limit },
      ...{ replay: replayOf === null ? undefined : this.store.consumer, retry },
      parkedIn: (range) => this.store.parkedIn(range),
    });
    if ('skipTo' in made) {
      await this.store.skip(made.skipTo, made.carried);
      return;
    }
    if (frozen && frozen.more.id === made.more.id) this.total = { ...this.total, retried: this.total.retried + 1 };
    if (!(await this.store.freeze(made))) return;
    const outcome = await this.attempt(made, signal);
    if (outcome.outcome === 'retry' && signal.aborted) return; // the shutdown aborted the attempt
    await this.settle(progress, made, outcome);
  }

  /** A consumer that ignores the signal must not delay the shutdown. */
  private async attempt(batch: PreparedBatch, signal: AbortSignal): Promise<BatchOutcome> {
    let stop = (): void => undefined;
    const stopped = new Promise<BatchOutcome>((resolve) => {
      stop = () => {
        resolve({ outcome: 'retry', reason: 'it was stopped' });
      };
    });
    signal.addEventListener('abort', stop);
    if (signal.aborted) stop();
    this.surroundings.busy(true);
    try {
      return await Promise.race([batch.handle(signal), stopped]);
    } catch (error) {
      return { outcome: 'retry', reason: formatErrorWithCause(error).slice(0, REASON_CHARACTERS) };
    } finally {
      signal.removeEventListener('abort', stop);
      this.surroundings.busy(false);
    }
  }

  private async settle(progress: ConsumerProgress, batch: PreparedBatch, outcome: BatchOutcome): Promise<void> {
    switch (outcome.outcome) {
      case 'handled':
        return this.accept(batch, outcome);
      case 'retry':
        return this.wait(outcome.reason, outcome.afterMs);
      case 'refused':
        return this.refuse(progress, batch, outcome);
      case 'gone':
        await this.surroundings.end(outcome.reason);
        this.notify(`is paused: it refuses further events (${outcome.reason}).`, true);
    }
  }

  private async accept(
    batch: PreparedBatch,
    {
      park = [],
      reason = 'it parked the event',
      append = [],
      onAppended,
    }: Extract<BatchOutcome, { readonly outcome: 'handled' }>,
  ): Promise<void> {
    const { events, retried, carried } = batch;
    // The events are parked first: after a crash in between, the batch comes again.
    if (park.length > 0) await this.store.park(park, reason, batch);
    if (retried !== undefined && park.includes(retried)) await this.store.forget();
    else if (await this.store.handled(batch, events.length - park.length, { carried, append })) onAppended?.();
    this.total = { ...this.total, handled: this.total.handled + events.length };
    this.limit = Math.min(this.limit * 2, this.consumer.maxEvents);
    this.isWaiting = false;
    const pauseMs = this.consumer.pauseAfter?.(events.length) ?? 0;
    this.notBefore = Math.max(this.notBefore, this.surroundings.now()) + pauseMs;
    if (this.isFailing) this.notify('continues.', false);
    this.isFailing = false;
  }

  private async wait(reason: string, afterMs?: number): Promise<void> {
    const failures = await this.store.fail(reason);
    this.notBefore = this.surroundings.now() + retryDelay(failures, afterMs, this.surroundings.random());
    this.isWaiting = true;
    if (this.isFailing || failures < FAILURES_PER_STATE) return;
    this.isFailing = true;
    this.notify(
      `fails: ${failures} attempts failed in a row, the last: ${reason}. Its events wait, and it retries.`,
      true,
    );
  }

  private async refuse(
    { refusals }: ConsumerProgress,
    { events }: PreparedBatch,
    { reason, park = [] }: Extract<BatchOutcome, { readonly outcome: 'refused' }>,
  ): Promise<void> {
    const refused = events.length === 1 ? events : park;
    if (events.length === 0 || (refused.length > 0 && refusals >= MAX_REFUSALS)) {
      return this.wait(`it refuses every event: ${reason}`);
    }
    if (refused.length === 0) {
      this.limit = Math.ceil(events.length / 2);
      await this.store.forget();
      return;
    }
    await this.store.park(refused, reason);
    this.notify(`refused the events ${refused.join(', ')}: ${reason}. They are parked.`, true);
  }

  private notify(what: string, isAlarm: boolean): void {
    this.surroundings.notify(`The consumer ${this.store.consumer} ${what}`, isAlarm);
  }
}
