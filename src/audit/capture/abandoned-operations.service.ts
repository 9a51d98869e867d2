import { clearTimeout, pause as delay, setImmediate, setTimeout } from '../../base/timers.js';
import { Inject, Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { AuditAggregator } from '../audit-aggregator.service.js';
import type { AuditedOperation, HttpCapture } from './audited-operation.js';
import { isRunning, type HandlerRun } from './handler-run.js';
import { toLossError, OperationRecorder } from './operation-recorder.service.js';
import { SHORT_RESPONSE_MS } from './delayed-response.js';

/** If an operation runs longer than this while nobody waits for its end, an `attempted` event is recorded. */
const ABANDONED_AFTER_MS = 60_000;

export interface ConnectionClose {
  /** The status that the client got; `undefined` if no headers were written. */
  readonly statusCode: number | undefined;
  /** Whether the whole response was handed to the operating system. */
  readonly isSent: boolean;
  readonly isClientInitiated: boolean;
  /** Whether the application wrote directly to the socket instead of to the response. */
  readonly isBypassed: boolean;
}

interface Abandoned {
  readonly timer: NodeJS.Timeout;
  readonly abandon: () => void;
}

/**
 * Records the ends of audited operations, also of operations that outlive their response or their client:
 *
 * - If the handler still runs when its response is sent, an `attempted` event is stored before the response. The end follows when it comes.
 * - If the client has left, the end is recorded when it comes, or `attempted` at the latest after {@link ABANDONED_AFTER_MS}.
 */
@Injectable()
export class AbandonedOperations implements BeforeApplicationShutdown {
  private readonly abandoned = new Map<AuditedOperation, Abandoned>();
  private readonly responded = new WeakSet<AuditedOperation>();
  private stopping = false;

  constructor(
    @Inject(AuditAggregator) private readonly aggregator: AuditAggregator,
    @Inject(OperationRecorder) private readonly recorder: OperationRecorder,
  ) {}

  /** Called before the response is sent. Resolves when an event is stored, with the errors of {@link OperationRecorder.recordEnd}. */
  recordResponse(operation: AuditedOperation, statusCode?: number): Promise<void> {
    const { run, phase } = operation;
    if (phase === 'settled' && isRunning(operation)) operation.isResponseEarly = true;
    const mayFollow = statusCode === undefined || statusCode >= 400; // the handler of a message may send the response itself
    const mayBeEarly = operation.isResponseEarly ?? (isRunning(operation) && mayFollow);
    recordByResponse(operation);
    this.forget(operation);
    if (run && mayBeEarly) return this.recordEarly(operation, run, statusCode);
    return this.recorder.recordEnd(operation, statusCode);
  }

  private async recordEarly(operation: AuditedOperation, run: HandlerRun, statusCode?: number): Promise<void> {
    this.responded.add(operation);
    const shortly = new AbortController();
    await Promise.race([run.ended(), delay(SHORT_RESPONSE_MS, undefined, shortly).catch(() => undefined)]);
    shortly.abort();
    if (run.isOver) {
      // Otherwise, the handler sent the response itself.
      if (operation.isResponseEarly || statusCode === undefined) recordByRun(operation, run);
      return this.recorder.recordEnd(operation, statusCode);
    }
    operation.isResponseEarly = true;
    this.onFinished(operation, () => {
      recordByRun(operation, run);
      this.recorder.recordEndInBackground(operation, statusCode);
    });
    try {
      await this.recorder.recordRunning(operation, statusCode, 'answered_before_end');
    } catch (error) {
      throw toLossError(operation, error);
    }
  }

  /** Called when the client of a message has left before the end of the response. */
  onClientLeft(operation: AuditedOperation): void {
    operation.isClientDisconnected = true;
    const record = (): void => this.recorder.recordEndInBackground(operation);
    if (!isRunning(operation)) {
      record();
      return;
    }
    this.limit(operation);
    this.onFinished(operation, (run) => {
      this.forget(operation);
      recordByRun(operation, run);
      record();
    });
  }

  /** Records `attempted` if the operation has no end by the time limit or the shutdown. A later end is recorded as well. */
  limit(operation: AuditedOperation): void {
    this.wait(operation, () => {
      if (!operation.recording)
        this.recorder.logLost(this.recorder.recordRunning(operation, undefined, 'outcome_unknown'));
    });
  }

  /**
   * Called when the connection of a request is closed. If nothing was recorded by then, the response bypassed DelayedResponse, the application
   * aborted the response, or the client left early. If the client left, the response may never end. So the event is recorded one turn of the
   * event loop after the handler's end, unless the response ends first. If a handler neither responded nor threw, a callback may still
   * respond. In this case, the event is recorded at the time limit, unless the handler wrote to the connection itself.
   */
  onConnectionClosed(
    capture: HttpCapture,
    { statusCode, isSent, isClientInitiated, isBypassed }: ConnectionClose,
  ): void {
    if (capture.recording || this.responded.has(capture)) return;
    if (isSent || !(isClientInitiated || isBypassed)) {
      if (!isSent) capture.isBrokenOff = true;
      recordByResponse(capture);
      this.recorder.recordEndInBackground(capture, statusCode);
      return;
    }
    if (!isBypassed) capture.isClientDisconnected = true;
    const record = (): void => {
      if (this.responded.has(capture)) return;
      this.forget(capture);
      // The outcome is unknown if the guards have not ended, or if no response began and no error was thrown.
      if (capture.phase === 'guards' || (statusCode === undefined && !capture.thrown)) capture.phase = 'handler';
      this.recorder.recordEndInBackground(capture, statusCode);
    };
    this.wait(capture, record);
    this.onFinished(capture, () =>
      setImmediate(() => (statusCode !== undefined || isBypassed || capture.thrown) && record()),
    );
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping = true;
    for (const { abandon } of [...this.abandoned.values()]) abandon();
    await this.aggregator.drain();
  }

  private wait(operation: AuditedOperation, record: () => void): void {
    const abandon = (): void => {
      this.forget(operation);
      record();
    };
    if (this.stopping) abandon();
    else this.abandoned.set(operation, { timer: setTimeout(abandon, ABANDONED_AFTER_MS).unref(), abandon });
  }

  private onFinished({ run }: AuditedOperation, then: (run: HandlerRun) => void): void {
    if (run) void run.ended().then(() => then(run));
  }

  forget(operation: AuditedOperation): void {
    clearTimeout(this.abandoned.get(operation)?.timer);
    this.abandoned.delete(operation);
  }
}

/** If the handler has sent the response itself, for example with `@Res()`, the response counts as the handler's result. */
function recordByResponse(operation: AuditedOperation): void {
  if (operation.phase === 'handler') operation.phase = 'settled';
}

/** The end of the handler counts, whatever response an interceptor made. */
function recordByRun(operation: AuditedOperation, { thrown, result, isCut }: HandlerRun): void {
  operation.thrown = thrown;
  operation.result = result;
  operation.phase = isCut ? 'handler' : 'settled';
}
