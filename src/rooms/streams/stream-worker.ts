import { errorMessage } from '../../audit/nest-free.js';
import type { StatementSigner } from '../../monitoring/proof/log/notes/statement.js';
import type { BatchMaker, MadeBatch } from './batch-maker.js';
import { timeOfId } from '../../monitoring/store/id-time.js';
import { hideReason } from './hide-personal.js';
import { FAILURES_OF_A_STATE, retryDelay } from '../../monitoring/consumers/retry-delay.js';
import type { StreamThrottle } from './stream-throttle.js';
import { parkEvents } from './change-stream.js';
import type { OpenDestination } from './define-destination.js';
import type { StreamResult, StreamBatch } from './stream-destination.js';
import type { StreamProgress, StreamStore } from './stream-store.js';
import type { ResolvedStream } from './streams-options.js';
import { TIMING } from '../../monitoring/store/timing.js';

interface WorkerSurroundings {
  readonly signer: StatementSigner;
  /** Pauses the stream, because its destination refuses further batches. */
  readonly end: (stream: string, reason: string) => Promise<void>;
  readonly tell: (line: string, isAlarm: boolean) => void;
  /** Returns the milliseconds of a monotonic clock. */
  readonly now: () => number;
  readonly random: () => number;
  readonly pace: StreamThrottle;
  /** Checks until the signal aborts that this instance still leads. */
  readonly beat: (sent: AbortSignal) => Promise<void>;
  /** Returns a longer pause, the longer no stream has sent a batch. */
  readonly idleMs: (pauseMs: number) => number;
  /** Whether each new checkpoint wakes the worker, because this instance signs checkpoints. */
  readonly isWoken: () => boolean;
}

const MOST_REFUSALS = 10;

/** Sends one stream, one batch at a time. */
export class StreamWorker {
  private limit: number;
  private notBefore = 0;
  private isWaiting = false;
  private isOpen = false;
  private late = 0;
  /** Counts the sent events, and the batches that were sent again. */
  total: Readonly<Record<'sent' | 'retried', number>> = { sent: 0, retried: 0 };

  constructor(
    private readonly stream: ResolvedStream,
    private readonly destination: OpenDestination,
    private readonly store: StreamStore,
    private readonly maker: BatchMaker,
    private readonly surroundings: WorkerSurroundings,
  ) {
    this.limit = this.mostEvents;
  }

  /** The age of the last batch's oldest event, in milliseconds. The age is 0 if no event waits, or the destination does not answer. */
  get lateMs(): number {
    return this.isWaiting ? 0 : this.late;
  }

  /**
   * Takes one step: sends a batch, or finds that nothing is due. Resolves with the milliseconds to wait before the next step.
   *
   * @throws the errors of {@link StreamStore.load}, or the error of the PostgreSQL client
   */
  async step(signal: AbortSignal): Promise<number> {
    await this.surroundings.pace.turn();
    const progress = await this.store.load();
    if (progress.state !== 'active') return this.surroundings.idleMs(TIMING.streamPausedMs);
    if (this.isWaiting && progress.failures === 0) this.notBefore = 0; // somebody resumed the stream
    const waitMs = this.notBefore - this.surroundings.now();
    if (waitMs > 0) return Math.min(waitMs, TIMING.streamLookMs);
    const made = await this.prepare(progress);
    if (made === undefined) return progress.looked < progress.end ? 0 : this.rest(progress);
    if (made === 'stopped') return 0;
    const result = await this.send(made.batch, signal);
    if (result.outcome === 'retry' && signal.aborted) return 0; // the shutdown aborted the attempt
    await this.settle(progress, made, result);
    return 0;
  }

  private async rest({ replayOf }: StreamProgress): Promise<number> {
    this.late = 0;
    if (replayOf !== undefined) await this.store.finish();
    const { isWoken, idleMs } = this.surroundings;
    return isWoken() ? idleMs(TIMING.streamLookMs) : TIMING.streamIdleMs;
  }

  /** A batch is stored before the worker sends the batch. */
  private async prepare(progress: StreamProgress): Promise<MadeBatch | 'stopped' | undefined> {
    const { frozen } = progress;
    const made = frozen ? await this.maker.again(progress, frozen) : await this.maker.next(progress, this.limit);
    if (!made) return undefined;
    if (made.frozen.id === frozen?.id) this.total = { ...this.total, retried: this.total.retried + 1 };
    return (await this.store.freeze(made.frozen)) ? made : 'stopped';
  }

  private async send(batch: StreamBatch, signal: AbortSignal): Promise<StreamResult> {
    const result = await this.attempt(batch, signal);
    if (result.outcome === 'accepted') return result;
    return { ...result, reason: hideReason(result.reason, this.stream, batch) };
  }

  private async attempt(batch: StreamBatch, signal: AbortSignal): Promise<StreamResult> {
    const { pace, beat } = this.surroundings;
    const entries = batch.events.length + batch.gaps.length + (batch.retired?.length ?? 0);
    const ended = new AbortController();
    const beating = beat(ended.signal);
    try {
      if (entries === 0 && !this.destination.sendsBatches) return { outcome: 'accepted' };
      pace.begin();
      const sent = this.destination.send(batch, signal);
      pace.end();
      return await sent;
    } catch (error) {
      return { outcome: 'retry', reason: errorMessage(error) };
    } finally {
      ended.abort();
      await beating;
    }
  }

  private async settle(progress: StreamProgress, made: MadeBatch, result: StreamResult): Promise<void> {
    switch (result.outcome) {
      case 'accepted':
        return this.accept(made);
      case 'retry':
        return this.wait(result.reason, result.afterMs);
      case 'refused':
        return this.refuse(progress, made, result);
      case 'gone':
        return this.surroundings.end(this.stream.name, result.reason);
    }
  }

  private async accept({ batch, frozen }: MadeBatch): Promise<void> {
    const { length } = batch.events;
    const [oldest] = batch.events;
    if (oldest) this.late = Date.now() - timeOfId(oldest.id).getTime();
    await this.store.accept(frozen, length);
    this.total = { ...this.total, sent: this.total.sent + length };
    this.limit = Math.min(this.limit * 2, this.mostEvents);
    this.isWaiting = false;
    this.notBefore = Math.max(this.notBefore, this.surroundings.now()) + (length / this.stream.eventsPerSecond) * 1_000;
    if (!this.isOpen) return;
    this.isOpen = false;
    this.surroundings.tell(`The stream ${this.stream.name} sends again.`, false);
  }

  private async wait(reason: string, afterMs?: number): Promise<void> {
    const failures = await this.store.fail(reason);
    this.notBefore = this.surroundings.now() + retryDelay(failures, afterMs, this.surroundings.random());
    this.isWaiting = true;
    if (this.isOpen || failures < FAILURES_OF_A_STATE) return;
    this.isOpen = true;
    const seen = `${failures} attempts failed in a row, the last: ${reason}`;
    this.surroundings.tell(
      `The stream ${this.stream.name} fails: ${seen}. Its events wait, and the stream retries.`,
      true,
    );
  }

  private async refuse(
    { refusals, replayOf }: StreamProgress,
    { batch }: MadeBatch,
    { reason, events: ids }: Extract<StreamResult, { readonly outcome: 'refused' }>,
  ): Promise<void> {
    const { length } = batch.events;
    const named = ids === undefined ? [] : batch.events.filter(({ id }) => ids.includes(id));
    const refused = length === 1 ? batch.events : named;
    if (length === 0 || (refused.length > 0 && refusals >= MOST_REFUSALS)) {
      return this.wait(`it refuses every event: ${reason}`);
    }
    if (refused.length === 0) {
      this.limit = Math.ceil(length / 2);
      return this.store.forget();
    }
    const { tell, signer } = this.surroundings;
    const { name } = this.stream;
    await parkEvents(this.store, replayOf ?? name, refused, reason, signer);
    const places = refused.map(({ index }) => index).join(', ');
    tell(`The destination of the stream ${name} refused the events ${places}: ${reason}. They are parked.`, true);
  }

  private get mostEvents(): number {
    return Math.min(this.stream.batch.maxEvents, Math.max(Math.ceil(this.stream.eventsPerSecond), 1));
  }
}
