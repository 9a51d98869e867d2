import { ServerResponse } from 'node:http';
import { constants, Http2ServerResponse } from 'node:http2';
import { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import { FinishGate } from './finish-gate.js';
import { isRunning } from './handler-run.js';
import { HeldBacklog } from './held-backlog.service.js';
import { Http2Gate } from './http2-gate.js';
import type { HttpCapture } from './audited-operation.js';
import { OperationRecorder } from './operation-recorder.service.js';
import { SocketGate } from './socket-gate.js';
import { LateEnds } from './late-ends.service.js';
import { HeldAnswer, sentStatus, type AnswerRecorder } from './held-answer.js';

/** The part of Node's HTTP/1 or HTTP/2 response that {@link HeldResponses} needs. */
export type NodeResponse = Pick<ServerResponse, 'statusCode' | 'headersSent' | 'writableFinished' | 'errored' | 'on'>;

/** Holds back the response of an audited request until the request's events are delivered. */
@Injectable()
export class HeldResponses {
  constructor(
    @Inject(OperationRecorder) private readonly recorder: OperationRecorder,
    @Inject(LateEnds) private readonly ends: LateEnds,
    @Inject(HeldBacklog) private readonly backlog: HeldBacklog,
  ) {}

  /** Holds `response` until the request's events are delivered, and notes an earlier close of the connection. */
  until(capture: HttpCapture, response: object): void {
    const raw = ('raw' in response ? response.raw : response) as NodeResponse; // Fastify's reply wraps Node's response; Express's response is Node's
    const hold = holdOf(raw);
    if (hold) {
      const find = (): AnswerRecorder => this.recorderOf(capture, raw);
      hold.find = find; // a variable instead of a function literal: see ifRefused()
      hold.onBegun = undefined;
    }
    const written = writtenTo(raw);
    raw.on('close', () => this.noteClose(capture, raw, written));
  }

  /** Holds `raw`, Node's response, if `find` returns a refused request. `find` is called when the response begins or ends. */
  ifRefused(raw: NodeResponse, find: (statusCode: number) => HttpCapture | undefined): void {
    const hold = holdOf(raw);
    if (!hold) return;
    const earlier = hold.find; // of another Nest application on the same Express instance
    let capture: HttpCapture | undefined;
    const found = (): HttpCapture | undefined => (capture ??= find(sentStatus(raw)));
    const findRecorder = (): AnswerRecorder | undefined => {
      const refused = found();
      return refused ? this.recorderOf(refused, raw) : earlier();
    };
    const watchClose = (): void => {
      const written = writtenTo(raw);
      raw.on('close', () => {
        const refused = hold.onBegun && found();
        if (refused) this.noteClose(refused, raw, written);
      });
    };
    // Assign variables here, not function literals: V8 would allocate a literal among the old objects. Every collection of young objects
    // would then retain the response, and with it the whole request.
    hold.find = findRecorder;
    hold.onBegun = watchClose;
  }

  private recorderOf(capture: HttpCapture, raw: NodeResponse): AnswerRecorder {
    return {
      recordBegun: () => this.recorder.recordBegun(capture, sentStatus(raw)),
      recordAnswer: (isWhole) => this.recordAnswer(capture, raw, isWhole),
    };
  }

  private recordAnswer(capture: HttpCapture, raw: NodeResponse, isWhole: boolean): Promise<void> {
    if (!isWhole) capture.isBrokenOff = true;
    const status = sentStatus(raw);
    const isCutOff = isRequestCutOff(raw);
    if (isCutOff) capture.clientGone = true;
    // If the client closed the connection during the upload, Fastify sets the status 500, but the client never receives it.
    const isUnread = isCutOff && capture.phase === 'refused' && status >= 500;
    const recorded = this.ends.recordAnswer(capture, isUnread ? 400 : status);
    const releaseBytes = this.backlog.hold(waitingBytesOf(raw));
    if (releaseBytes) raw.on('close', releaseBytes);
    const release = (): void => {
      releaseValues(capture);
      releaseBytes?.();
    };
    recorded.then(release, release);
    return recorded;
  }

  private noteClose(capture: HttpCapture, raw: NodeResponse, written: number): void {
    this.ends.closed(capture, {
      statusCode: raw.headersSent ? sentStatus(raw) : undefined,
      isAnswered: raw.writableFinished,
      isByClient: isClosedByClient(raw),
      isPast: !raw.headersSent && writtenTo(raw) > written,
    });
  }
}

function holdOf(raw: NodeResponse): HeldAnswer | undefined {
  if (raw instanceof ServerResponse) {
    const response: ServerResponse = raw as ServerResponse; // a response to any type of request
    const socket = connectionOf(response);
    return HeldAnswer.of(response, () => (socket ? SocketGate.of(socket) : FinishGate.of(response)));
  }
  if (!(raw instanceof Http2ServerResponse)) return undefined;
  const gate = Http2Gate.of(raw);
  const hold = HeldAnswer.of(raw as unknown as ServerResponse, () => gate); // an HTTP/2 response has the same methods as an HTTP/1 response
  const onHead: Http2Gate['onHead'] = (isWhole, pass) => hold.callHead(isWhole, pass);
  gate.onHead = onHead;
  return hold;
}

/** Fastify's `inject` and adapters for serverless functions use no connection. */
function connectionOf(raw: ServerResponse): Duplex | undefined {
  const { socket } = raw.req as { readonly socket: unknown };
  return socket instanceof Duplex ? socket : undefined;
}

/** Node keeps the context of a request, and with it these values, until the next request of the connection. */
function releaseValues(capture: HttpCapture): void {
  if (isRunning(capture)) return; // the end of the handler is recorded later
  capture.args = [];
  delete capture.result;
  delete capture.run;
}

function waitingBytesOf(raw: NodeResponse): number {
  const { writableLength } = raw instanceof Http2ServerResponse ? raw.stream : (raw as Partial<ServerResponse>); // another response has no connection
  return writableLength ?? 0;
}

function writtenTo(raw: NodeResponse): number {
  const socket = raw instanceof ServerResponse ? connectionOf(raw as ServerResponse) : undefined;
  return socket instanceof Socket ? socket.bytesWritten : 0;
}

function isClosedByClient(raw: NodeResponse): boolean {
  if (raw instanceof Http2ServerResponse) return raw.stream.rstCode === constants.NGHTTP2_CANCEL;
  const socket = raw instanceof ServerResponse ? connectionOf(raw as ServerResponse) : undefined;
  return !socket || socket.readableEnded || (socket.errored !== null && socket.errored !== raw.errored);
}

function isRequestCutOff(raw: NodeResponse): boolean {
  if (raw instanceof Http2ServerResponse) return isClosedByClient(raw);
  const complete: unknown = Reflect.get((raw as ServerResponse).req, 'complete'); // `complete` is absent under Fastify's `inject`
  return complete === false && isClosedByClient(raw);
}
