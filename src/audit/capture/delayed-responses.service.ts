import { ServerResponse } from 'node:http';
import { constants, Http2ServerResponse } from 'node:http2';
import { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import { setImmediate } from '../../base/timers.js';
import type { HttpCapture } from './audited-operation.js';
import { isRunning } from './handler-run.js';
import { delayHttp2 } from './http2-gate.js';
import { AbandonedOperations } from './abandoned-operations.service.js';
import { OperationRecorder } from './operation-recorder.service.js';
import { DelayedResponse, getSentStatus, type ResponseRecorder } from './delayed-response.js';
import { SocketGate, SocketlessGate } from './response-gate.js';

/** The part of Node's HTTP/1 or HTTP/2 response that {@link DelayedResponses} needs. */
export type NodeResponse = Pick<
  ServerResponse,
  'statusCode' | 'headersSent' | 'writableFinished' | 'errored' | 'on' | 'setHeader'
>;

/** Shorter responses are not counted: Node buffers as much for each connection. */
const LARGE_BYTES = 16_384;
/** While delayed responses take more memory, further audited requests wait. */
const MAX_DELAYED_BYTES = 32 * 2 ** 20;

/**
 * Delays responses until their events are recorded, and limits the memory of the delayed responses. An unaudited
 * application hands a response to the operating system at once. If many requests come in one moment, all their responses would wait
 * together, so further requests wait before they make theirs.
 */
@Injectable()
export class DelayedResponses {
  private delayedBytes = 0;
  private isAdmitting = false;
  /** The requests that wait for room: those whose handler has ended, and those that have not begun. */
  private readonly waiting = { ended: [] as (() => void)[], begins: [] as (() => void)[] };

  constructor(
    @Inject(OperationRecorder) private readonly recorder: OperationRecorder,
    @Inject(AbandonedOperations) private readonly ends: AbandonedOperations,
  ) {}

  /** Delays `response` until the request's events are delivered, and notes an earlier close of the connection. */
  until(capture: HttpCapture, response: object): void {
    const raw = ('raw' in response ? response.raw : response) as NodeResponse; // Fastify's reply wraps Node's response; Express's response is Node's
    const delayed = getDelayedResponse(raw);
    if (delayed) {
      const find = (): ResponseRecorder => this.getRecorder(capture, raw);
      delayed.find = find; // a variable instead of a function literal: see findRejected()
      delayed.hasRoute = true;
    }
    this.watchClose(capture, raw);
  }

  /** Delays `raw`, Node's response, if `find` returns a refused request. `find` is called when the response begins or ends. */
  findRejected(raw: NodeResponse, find: (statusCode: number) => HttpCapture | undefined): void {
    const delayed = getDelayedResponse(raw);
    if (!delayed) return;
    const earlier = delayed.find; // of another Nest application on the same Express instance
    let capture: HttpCapture | undefined;
    const findRecorder = (isFirst: boolean): ResponseRecorder | undefined => {
      capture ??= find(getSentStatus(raw));
      if (!capture) return earlier(isFirst);
      if (isFirst) this.watchClose(capture, raw, delayed);
      return this.getRecorder(capture, raw);
    };
    // Assign variables here, not function literals: V8 would allocate a literal among the old objects. Every collection of young objects
    // would then retain the response, and with it the whole request.
    delayed.find = findRecorder;
  }

  /** Returns `undefined` if there is capacity, which is the usual case; otherwise a promise that resolves when there is. */
  capacity(of: 'ended' | 'begins'): Promise<void> | undefined {
    const { ended, begins } = this.waiting;
    const isFree = this.delayedBytes < MAX_DELAYED_BYTES && (of === 'ended' || ended.length + begins.length === 0);
    return isFree ? undefined : new Promise((resolve) => void this.waiting[of].push(resolve));
  }

  private getRecorder(capture: HttpCapture, raw: NodeResponse): ResponseRecorder {
    return {
      recordBegun: () => this.recorder.recordRunning(capture, getSentStatus(raw)),
      recordResponse: (isComplete) => this.recordResponse(capture, raw, isComplete),
    };
  }

  private recordResponse(capture: HttpCapture, raw: NodeResponse, isComplete: boolean): Promise<void> {
    if (!isComplete) capture.isBrokenOff = true;
    const status = getSentStatus(raw);
    const isCutOff = isRequestCutOff(raw);
    if (isCutOff) capture.isClientDisconnected = true;
    // If the client closed the connection during the upload, Fastify sets the status 500, but the client never receives it.
    const isUnread = isCutOff && capture.phase === 'refused' && status >= 500;
    const recorded = this.ends.recordResponse(capture, isUnread ? 400 : status);
    const releaseBytes = this.countDelayed(countPendingBytes(raw));
    if (releaseBytes) raw.on('close', releaseBytes);
    const release = (): void => {
      releaseValues(capture);
      releaseBytes?.();
    };
    recorded.then(release, release);
    return recorded;
  }

  /** @param refused given for a refused request: if the request reaches its route after all, another call watches it */
  private watchClose(capture: HttpCapture, raw: NodeResponse, refused?: DelayedResponse): void {
    const written = countWrittenBytes(raw);
    raw.on('close', () => {
      if (refused?.hasRoute) return;
      this.ends.onConnectionClosed(capture, {
        statusCode: raw.headersSent ? getSentStatus(raw) : undefined,
        isSent: raw.writableFinished,
        isClientInitiated: isClosedByClient(raw),
        isBypassed: !raw.headersSent && countWrittenBytes(raw) > written,
      });
    });
  }

  /** Counts a response, until the caller calls the returned function. Returns `undefined` for a short response. */
  private countDelayed(bytes: number): (() => void) | undefined {
    if (bytes < LARGE_BYTES) return undefined;
    this.delayedBytes += bytes;
    let isCounted = true;
    return () => {
      if (isCounted) this.delayedBytes -= bytes;
      isCounted = false;
      this.admit();
    };
  }

  /** Admits one request a turn of the event loop, so that its response is counted before the next one is admitted. */
  private admit(): void {
    const { ended, begins } = this.waiting;
    if (this.isAdmitting || this.delayedBytes >= MAX_DELAYED_BYTES || ended.length + begins.length === 0) return;
    this.isAdmitting = true;
    (ended.shift() ?? begins.shift())?.();
    setImmediate(() => {
      this.isAdmitting = false;
      this.admit();
    });
  }
}

function getDelayedResponse(raw: NodeResponse): DelayedResponse | undefined {
  const installed = DelayedResponse.of(raw);
  if (installed) return installed;
  if (raw instanceof Http2ServerResponse) return delayHttp2(raw);
  if (!(raw instanceof ServerResponse)) return undefined;
  const response: ServerResponse = raw as ServerResponse; // a response to any type of request
  const socket = getConnection(response);
  return new DelayedResponse(response, () => (socket ? SocketGate.of(socket) : SocketlessGate.of(response)));
}

/** Fastify's `inject` and adapters for serverless functions use no connection. */
function getConnection(raw: ServerResponse): Duplex | undefined {
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

function countPendingBytes(raw: NodeResponse): number {
  const { writableLength } = raw instanceof Http2ServerResponse ? raw.stream : (raw as Partial<ServerResponse>); // another response has no connection
  return writableLength ?? 0;
}

function countWrittenBytes(raw: NodeResponse): number {
  const socket = raw instanceof ServerResponse ? getConnection(raw as ServerResponse) : undefined;
  return socket instanceof Socket ? socket.bytesWritten : 0;
}

function isClosedByClient(raw: NodeResponse): boolean {
  if (raw instanceof Http2ServerResponse) return raw.stream.rstCode === constants.NGHTTP2_CANCEL;
  const socket = raw instanceof ServerResponse ? getConnection(raw as ServerResponse) : undefined;
  return !socket || socket.readableEnded || (socket.errored !== null && socket.errored !== raw.errored);
}

function isRequestCutOff(raw: NodeResponse): boolean {
  if (raw instanceof Http2ServerResponse) return isClosedByClient(raw);
  const complete: unknown = Reflect.get((raw as ServerResponse).req, 'complete'); // `complete` is absent under Fastify's `inject`
  return complete === false && isClosedByClient(raw);
}
