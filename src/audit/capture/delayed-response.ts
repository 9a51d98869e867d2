import { clearTimeout, setImmediate, setTimeout } from '../../base/timers.js';
import type { ServerResponse } from 'node:http';
import type { ServerHttp2Stream } from 'node:http2';
import { toRefusal, type ResponseGate } from './response-gate.js';

/* eslint-disable @typescript-eslint/unbound-method -- those of the response, called on it */

/** A response counts as short if it ends within this time after its first part. */
export const SHORT_RESPONSE_MS = 20;

const DELAYED = Symbol('nestjs-audit-ledger:delayed');

type Delayed = ServerResponse & { [DELAYED]: DelayedResponse };
type Call = (...args: unknown[]) => unknown;

/** Records the events of a response's request; each method resolves when the events are delivered. */
export interface ResponseRecorder {
  /** Called before the first bytes are sent, unless they are the whole response. */
  recordBegun(): Promise<void>;
  /**
   * Called before the end of the response is sent.
   *
   * @param isComplete whether the body has the length that the headers announce
   */
  recordResponse(isComplete: boolean): Promise<void>;
}

/**
 * Delays a response until the events of its request are stored. To the application, the response appears to be sent. This object owns
 * the whole state of the response. It calls the recorder and the gate, and neither of them calls it.
 *
 * ```text
 *          first part          flush, back-pressure, or SHORT_RESPONSE_MS later
 * unsent ─────────────▶ short ───────────────────────────────────────────────────▶ begun    (at once, if no event is expected)
 *   │ last part           │ last part                                                │ last part
 *   └─────────────────────┴──────────────▶ ending ◀──────────────────────────────────┘
 *                                            ├── stored ───────────────────▶ released
 *                                            ├── not stored, from unsent or short ──▶ refused      a refusal replaces the bytes
 *                                            ├── not stored, from begun ───▶ broken off
 *                                            └── Node throws ──────────────▶ the state before
 * ```
 *
 * The last part is the end of a body of known length, the end of a chunked body, or a whole response. The first part of a longer response
 * waits in `short`, and in `begun` until an event with the reason `response_started` is stored. If that event cannot be stored, the response is
 * broken off. The gate is closed while at least one of the two recordings is awaited, and the response has its connection: a pipelined
 * response gets its connection later.
 */
export class DelayedResponse {
  /** Finds the recorder of the request, if any. `isFirst`: called for the first part. Replaced when the request reaches its route. */
  find: (isFirst: boolean) => ResponseRecorder | undefined = () => undefined;
  hasRoute = false;
  private state: 'unsent' | 'short' | 'begun' | 'ending' = 'unsent';
  /** The number of recordings that the bytes wait for. */
  private awaited = 0;
  private isGateClosed = false;
  /** Set when the end cannot be recorded; called once the waiting bytes have reached the gate. */
  private refuse: (() => void) | undefined;
  private endShort: (() => void) | undefined;
  private bytesLeft: number | undefined;
  private readonly end: Call;
  private readonly write: Call;
  private readonly flushHeaders: Call;
  /** The method that the client sent; middleware may change the request's method. */
  private readonly method: string | undefined;

  static of(response: object): DelayedResponse | undefined {
    return (response as Partial<Delayed>)[DELAYED];
  }

  /** Delays a response. Do so before any middleware runs. */
  constructor(
    private readonly response: ServerResponse,
    private readonly gate: () => ResponseGate,
  ) {
    this.end = response.end as Call;
    this.write = response.write as Call;
    this.flushHeaders = response.flushHeaders;
    this.method = response.req.method;
    (response as Delayed)[DELAYED] = this; // the property's key is a symbol of this library
    response.end = DelayedResponse.delayedEnd as ServerResponse['end'];
    response.write = DelayedResponse.delayedWrite as ServerResponse['write'];
    response.flushHeaders = DelayedResponse.delayedFlushHeaders;
  }

  /** One function for all responses avoids a closure for each request. */
  private static delayedEnd(this: Delayed, ...args: unknown[]): unknown {
    const delayed = this[DELAYED];
    const pass = (): unknown => delayed.end.apply(this, args);
    if (this.writableEnded) return pass();
    const { bytesLeft } = delayed;
    const isComplete = bytesLeft === undefined || bytesLeft === Infinity || countChunkBytes(args) >= bytesLeft;
    return delayed.sendLast(pass, isComplete);
  }

  private static delayedWrite(this: Delayed, ...args: unknown[]): unknown {
    const delayed = this[DELAYED];
    const pass = (): unknown => delayed.write.apply(this, args);
    if (delayed.state === 'ending' || this.writableEnded || delayed.isBodiless()) return pass();
    delayed.bytesLeft = (delayed.bytesLeft ?? getContentLength(this)) - countChunkBytes(args);
    return delayed.bytesLeft <= 0 ? delayed.sendLast(pass, true) : delayed.sendPart(pass);
  }

  private static delayedFlushHeaders(this: Delayed): void {
    const delayed = this[DELAYED];
    const pass = (): unknown => delayed.flushHeaders.call(this);
    if (delayed.isBodiless() || getContentLength(this) === 0) delayed.sendLast(pass, true);
    else delayed.sendPart(pass, true);
  }

  private static delayedSocket(this: Delayed): void {
    this[DELAYED].closeGate();
  }

  /** Sends the separate head of an HTTP/2 response. The head may be the whole response. */
  sendHead(pass: () => void, isComplete: boolean): void {
    if (this.state === 'ending') pass();
    else if (isComplete) this.sendLast(pass, true);
    else this.sendPart(pass);
  }

  private isBodiless(): boolean {
    const status = getSentStatus(this.response);
    return this.method === 'HEAD' || status === 204 || status === 304;
  }

  /** A flush, or a write with back-pressure, does not wait for the end. */
  private sendPart(pass: () => unknown, isFlush = false): unknown {
    if (this.state === 'unsent') this.delayFirst();
    const returned = pass();
    if (isFlush || returned === false) this.endShort?.();
    return returned;
  }

  private delayFirst(): void {
    const recorder = this.find(true);
    this.state = recorder ? 'short' : 'begun';
    if (!recorder) return;
    this.delayBytes();
    const recordBegun = (): void => {
      if (this.state === 'ending') {
        this.release();
        return;
      }
      this.state = 'begun';
      recorder.recordBegun().then(
        () => this.release(),
        (error: unknown) =>
          this.abort(new Error('Cannot store the event of a response before its first byte', { cause: error })),
      );
    };
    const endShort = (): void => {
      clearTimeout(timer);
      this.endShort = undefined;
      setImmediate(recordBegun); // a busy turn of the event loop may have delayed the end
    };
    const timer = setTimeout(endShort, SHORT_RESPONSE_MS);
    this.endShort = endShort;
  }

  private sendLast(pass: () => unknown, isComplete: boolean): unknown {
    const before = this.state;
    if (before === 'ending') return pass();
    this.state = 'ending';
    this.endShort?.();
    const recorder = this.find(false);
    if (!recorder) return pass();
    this.delayBytes();
    let returned: unknown;
    try {
      returned = pass();
    } catch (error) {
      this.state = before; // Node refused the response, for example because of invalid text, and another response follows
      this.release();
      throw error;
    }
    recorder.recordResponse(isComplete).then(
      () => this.release(),
      (error: unknown) => {
        this.refuse = () => this.sendRefusal(error, before === 'begun');
        if (this.isGateClosed) setImmediate(this.refuse); // by then, the response has written all bytes of this turn
      },
    );
    return returned;
  }

  /** A response that has begun is broken off, so that the client does not take it for complete. */
  private sendRefusal(error: unknown, hasBegun: boolean): void {
    const { response } = this;
    const refusal = toRefusal(error);
    response.statusCode = refusal.statusCode; // for code that logs the status
    const release = (): void => this.release();
    response.prependListener('finish', release); // refuse() may emit `finish`; then the gate must open before the connection's next response
    if (!hasBegun && this.gate().refuse(refusal, this.method)) return;
    response.off('finish', release);
    this.abort(new Error('Cannot store the events of a response that has begun'));
  }

  private abort(error: Error): void {
    this.gate().abort(error);
    this.release();
  }

  private delayBytes(): void {
    if (this.awaited++ > 0) return;
    if (this.response.socket) this.closeGate();
    else this.response.once('socket', DelayedResponse.delayedSocket);
  }

  private closeGate(): void {
    this.isGateClosed = true;
    this.gate().close();
    if (this.refuse) setImmediate(this.refuse);
  }

  /** If the response has no connection yet, the gate will not close. */
  private release(): void {
    if (--this.awaited > 0) return;
    this.response.off('socket', DelayedResponse.delayedSocket);
    if (!this.isGateClosed) return;
    this.isGateClosed = false;
    this.gate().open();
  }
}

function getContentLength(response: ServerResponse): number {
  const announced = response.getHeader('content-length') ?? getSentContentLength(response);
  const length = Number(announced);
  return announced === undefined || Number.isNaN(length) ? Infinity : length;
}

/** Headers from `writeHead` appear only in the head that Node has built. */
function getSentContentLength(response: ServerResponse): string | undefined {
  const head: unknown = Reflect.get(response, '_header');
  return typeof head === 'string' ? /\r\ncontent-length: *(\d+)/i.exec(head)?.[1] : undefined;
}

/** The application may have changed the status after the head was sent. */
export function getSentStatus(response: Pick<ServerResponse, 'statusCode'>): number {
  const head: unknown = Reflect.get(response, '_header');
  const { stream } = response as { stream?: Partial<ServerHttp2Stream> }; // only a response of HTTP/2 has a stream
  const sent = typeof head === 'string' ? head.slice('HTTP/1.1 '.length, 'HTTP/1.1 200'.length) : undefined;
  const status = Number(sent ?? stream?.sentHeaders?.[':status'] ?? NaN);
  return Number.isInteger(status) ? status : response.statusCode;
}

function countChunkBytes([chunk, encoding]: unknown[]): number {
  if (typeof chunk === 'string') {
    return Buffer.byteLength(chunk, typeof encoding === 'string' ? (encoding as BufferEncoding) : undefined);
  } // Node refuses an encoding that it does not know
  return chunk instanceof Uint8Array ? chunk.byteLength : 0;
}
