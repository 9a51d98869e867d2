import { Inject, Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { AuditAggregator } from '../audit-aggregator.js';
import type { HttpCapture } from './http-capture.js';
import { OperationRecorder } from './operation-recorder.service.js';

/** How long a handler may go on after its client went away before its event is recorded without an outcome. */
const ABANDONED_AFTER_MS = 60_000;

/** Makes the events of audited requests at their end, also where the client left before it. */
@Injectable()
export class CaptureRecorder implements BeforeApplicationShutdown {
  /** Requests whose client is gone while their handler still runs. */
  private readonly abandoned = new Map<HttpCapture, { readonly timer: NodeJS.Timeout; readonly statusCode: number }>();
  private stopping = false;

  constructor(
    @Inject(AuditAggregator) private readonly aggregator: AuditAggregator,
    @Inject(OperationRecorder) private readonly recorder: OperationRecorder,
  ) {}

  /**
   * Records the request's events, once, however often it is called: its answer is there. Resolves when they are delivered;
   * rejects with AuditUnavailableError when one could be stored nowhere and its policy is `closed`.
   */
  recordEnd(capture: HttpCapture, statusCode: number): Promise<void> {
    endByAnswer(capture);
    this.forget(capture);
    return this.recorder.recordEnd(capture, statusCode, metadataOf(capture));
  }

  /**
   * The connection is closed. If nothing was recorded by then, either the answer went past the hold, or the client left
   * early: what the handler does still counts, so its event waits for it, but not for ever.
   */
  closed(capture: HttpCapture, statusCode: number, wasAnswered: boolean): void {
    if (capture.recording) return;
    if (wasAnswered) {
      endByAnswer(capture);
      this.recorder.recordEndInBackground(capture, statusCode);
      return;
    }
    capture.clientGone = true;
    if (this.stopping) {
      this.recordAbandoned(capture, statusCode);
      return;
    }
    const timer = setTimeout(() => this.recordAbandoned(capture, statusCode), ABANDONED_AFTER_MS).unref();
    this.abandoned.set(capture, { timer, statusCode });
    if (capture.phase === 'settled') this.settleAbandoned(capture, statusCode);
  }

  /** The handler is through. If nobody is there to be answered, the answer's end may never come: record without it. */
  settled(capture: HttpCapture, statusCode: number): void {
    if (capture.clientGone) this.settleAbandoned(capture, statusCode);
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping = true; // nobody will look at those that are abandoned from now on
    for (const [capture, { statusCode }] of [...this.abandoned]) this.recordAbandoned(capture, statusCode);
    await this.aggregator.drain();
  }

  /** A turn later, so that the answer, which knows the true status, comes first if it comes at all. */
  private settleAbandoned(capture: HttpCapture, statusCode: number): void {
    setImmediate(() => this.recordAbandoned(capture, statusCode));
  }

  private recordAbandoned(capture: HttpCapture, statusCode: number): void {
    this.forget(capture);
    if (capture.phase === 'guards') capture.phase = 'handler'; // no guard denied it: how it would have ended is not known
    this.recorder.recordEndInBackground(capture, statusCode, metadataOf(capture));
  }

  private forget(capture: HttpCapture): void {
    clearTimeout(this.abandoned.get(capture)?.timer);
    this.abandoned.delete(capture);
  }
}

/** A handler that answers by itself, as with `@Res()`, may still run then: what it answered is what it did. */
function endByAnswer(capture: HttpCapture): void {
  if (capture.phase === 'handler') capture.phase = 'settled';
}

function metadataOf({ clientGone }: HttpCapture): Readonly<Record<string, unknown>> | undefined {
  return clientGone && { clientDisconnected: true };
}
