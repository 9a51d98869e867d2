import { Inject, Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { AuditAggregator } from '../audit-aggregator.service.js';
import type { HttpCapture } from './audited-operation.js';
import { OperationRecorder } from './operation-recorder.service.js';

/** If the handler of a departed client runs longer than this, its event is recorded as `attempted`. */
const ABANDONED_AFTER_MS = 60_000;

/** How a connection ended. */
export interface ConnectionEnd {
  /** The status that the client got; `undefined` if no headers were written. */
  readonly statusCode: number | undefined;
  /** Whether the whole answer was handed to the operating system. */
  readonly isAnswered: boolean;
  readonly isByClient: boolean;
  /** Whether the application wrote directly to the socket instead of to the response. */
  readonly isPast: boolean;
}

/** Waits for the handlers of audited requests whose client has left, and then records their events. */
@Injectable()
export class ClientDepartures implements BeforeApplicationShutdown {
  private readonly abandoned = new Map<
    HttpCapture,
    { readonly timer: NodeJS.Timeout; readonly statusCode: number | undefined; readonly isPast: boolean }
  >();
  private stopping = false;

  constructor(
    @Inject(AuditAggregator) private readonly aggregator: AuditAggregator,
    @Inject(OperationRecorder) private readonly recorder: OperationRecorder,
  ) {}

  /** Called when the response was sent. Returns the metadata about the client for the event. */
  answered(capture: HttpCapture): Readonly<Record<string, unknown>> | undefined {
    endByAnswer(capture);
    this.forget(capture);
    return metadataOf(capture);
  }

  /**
   * Called when the connection is closed. If nothing was recorded by then, the response bypassed HeldAnswer, the application aborted the
   * response, or the client left early. If the client left, the event is recorded after the handler's result, or at the latest after {@link
   * ABANDONED_AFTER_MS}.
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
   * Called when the handler has ended. If the client has left, the response may never end. So the event is recorded one turn of the event
   * loop later, unless the response ends first. If a handler neither responded nor threw, a callback may still respond. In this case, the
   * event is recorded later, unless the handler wrote to the connection itself.
   */
  settled(capture: HttpCapture): void {
    const abandoned = this.abandoned.get(capture);
    if (!abandoned) return;
    if (abandoned.statusCode === undefined && !abandoned.isPast && !capture.thrown) return;
    setImmediate(() => this.recordAbandoned(capture, abandoned.statusCode));
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping = true;
    for (const [capture, { statusCode }] of [...this.abandoned]) this.recordAbandoned(capture, statusCode);
    await this.aggregator.drain();
  }

  /** The outcome is unknown if the guards have not ended, or if no response began and no error was thrown. */
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

/** If the handler has sent the response itself, for example with `@Res()`, the response counts as the handler's result. */
function endByAnswer(capture: HttpCapture): void {
  if (capture.phase === 'handler') capture.phase = 'settled';
}

function metadataOf({ clientGone }: HttpCapture): Readonly<Record<string, unknown>> | undefined {
  return clientGone && { clientDisconnected: true };
}
