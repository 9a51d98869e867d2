import { Inject, Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { AuditAggregator } from '../audit-aggregator.service.js';
import type { HttpCapture } from './http-capture.js';
import { OperationRecorder } from './operation-recorder.service.js';

/** How long a handler may continue after its client went away before its event is recorded without an outcome. */
const ABANDONED_AFTER_MS = 60_000;

/** How a connection ended. */
export interface ConnectionEnd {
  /** The status that the client got; none where no headers were written. */
  readonly statusCode: number | undefined;
  /** Whether all of the answer is with the system. */
  readonly isAnswered: boolean;
  readonly isByClient: boolean;
  /** Whether the application wrote past the response, to the connection itself. */
  readonly isPast: boolean;
}

/** Waits for the handlers of audited requests whose client left, and has their events made. */
@Injectable()
export class ClientDepartures implements BeforeApplicationShutdown {
  /** Requests whose client is gone while their handler still runs. */
  private readonly abandoned = new Map<
    HttpCapture,
    { readonly timer: NodeJS.Timeout; readonly statusCode: number | undefined; readonly isPast: boolean }
  >();
  private stopping = false;

  constructor(
    @Inject(AuditAggregator) private readonly aggregator: AuditAggregator,
    @Inject(OperationRecorder) private readonly recorder: OperationRecorder,
  ) {}

  /** The request's answer is there: nobody waits for its handler any longer. Returns what the event's metadata say of the client. */
  answered(capture: HttpCapture): Readonly<Record<string, unknown>> | undefined {
    endByAnswer(capture);
    this.forget(capture);
    return metadataOf(capture);
  }

  /**
   * The connection is closed. If nothing was recorded by then, either the answer went past the hold, or it is missing: the
   * application broke it off, or the client left early. What the handler does still counts then, so its event waits for
   * it, but not forever.
   */
  closed(capture: HttpCapture, { statusCode, isAnswered, isByClient, isPast }: ConnectionEnd): void {
    if (capture.recording) return;
    if (isAnswered || !(isByClient || isPast)) {
      if (!isAnswered) capture.isBrokenOff = true;
      endByAnswer(capture);
      this.recorder.recordEndInBackground(capture, statusCode);
      return;
    }
    if (!isPast) capture.clientGone = true;
    if (this.stopping) {
      this.recordAbandoned(capture, statusCode);
      return;
    }
    const timer = setTimeout(() => this.recordAbandoned(capture, statusCode), ABANDONED_AFTER_MS).unref();
    this.abandoned.set(capture, { timer, statusCode, isPast });
    if (capture.phase === 'settled') this.settled(capture);
  }

  /**
   * The handler is through. If nobody is there to be answered, the answer's end may never come: record without it, a
   * turn later, so that the answer, which knows the true status, comes first if it comes at all. A handler that neither
   * answered nor threw may still do so, as those that answer by themselves do from a callback; one that wrote past the response did so.
   */
  settled(capture: HttpCapture): void {
    const abandoned = this.abandoned.get(capture);
    if (!abandoned) return;
    if (abandoned.statusCode === undefined && !abandoned.isPast && !capture.thrown) return;
    setImmediate(() => this.recordAbandoned(capture, abandoned.statusCode));
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping = true; // nobody will look at those that are abandoned from now on
    for (const [capture, { statusCode }] of [...this.abandoned]) this.recordAbandoned(capture, statusCode);
    await this.aggregator.drain();
  }

  /** How it would have ended is not known of one that nobody denied, that did not throw, and that began no answer. */
  private recordAbandoned(capture: HttpCapture, statusCode: number | undefined): void {
    this.forget(capture);
    if (capture.phase === 'guards' || (statusCode === undefined && !capture.thrown)) capture.phase = 'handler';
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
