import { clearTimeout, queueMicrotask, setImmediate, setTimeout } from '../timers.js';
import type { ServerResponse } from 'node:http';
import type { ServerHttp2Stream } from 'node:http2';
import { refusalOf, type ResponseGate } from './response-gate.js';

/* eslint-disable @typescript-eslint/unbound-method -- those of the response, called on it */

/** An answer counts as short if it ends within this time after its first part. */
export const SHORT_ANSWER_MS = 20;

const HOLD = Symbol('nestjs-audit-ledger:hold');

type Held = ServerResponse & { [HOLD]: HeldAnswer };
type Call = (...args: unknown[]) => unknown;

/** Records the events of a response's request; each method resolves when the events are delivered. */
export interface AnswerRecorder {
  /** Called before the first bytes are sent, unless they are the whole response. */
  recordBegun(): Promise<void>;
  /**
   * Called before the end of the response is sent.
   *
   * @param isWhole whether the body has the length that the headers announce
   */
  recordAnswer(isWhole: boolean): Promise<void>;
}

/**
 * Holds back the last bytes of a response until the request's events are stored. The last bytes are the end of a body of known length, the
 * end of a chunked body, or a whole short response. If a response does not end within {@link SHORT_ANSWER_MS}, its first bytes wait until
 * an event with the reason `answer_begun` is stored. To the handler, the response appears to be sent.
 */
export class HeldAnswer {
  /** Finds the recorder for the response's request, if any. Replaced when the request reaches its route. */
  find: () => AnswerRecorder | undefined = () => undefined;
  /** Called before the first bytes are sent, unless they are the whole response. */
  onBegun: (() => void) | undefined;
  private readonly end: Call;
  private readonly write: Call;
  private readonly flushHeaders: Call;
  /** The method that the client sent; middleware may change the request's method. */
  private readonly method: string | undefined;
  private bytesLeft: number | undefined;
  private hasBegun = false;
  /** Whether a part of the response is sent to the client, or will be. */
  private hasLeft = false;
  private endMoment: (() => void) | undefined;
  private isLast = false;

  /** Returns the hold of a response. The first call installs the hold; make that call before any middleware runs. */
  static of(response: ServerResponse, gate: () => ResponseGate): HeldAnswer {
    return (response as Partial<Held>)[HOLD] ?? new HeldAnswer(response, gate);
  }

  private constructor(
    private readonly response: ServerResponse,
    private readonly gate: () => ResponseGate,
  ) {
    this.end = response.end as Call;
    this.write = response.write as Call;
    this.flushHeaders = response.flushHeaders;
    this.method = response.req.method;
    (response as Held)[HOLD] = this; // the property's key is a symbol of this library
    response.end = HeldAnswer.heldEnd as ServerResponse['end'];
    response.write = heldWrite as ServerResponse['write'];
    response.flushHeaders = heldFlushHeaders;
  }

  /** One function for all responses avoids a closure for each request. */
  private static heldEnd(this: Held, ...args: unknown[]): unknown {
    const hold = this[HOLD];
    const pass = (): unknown => hold.end.apply(this, args);
    if (this.writableEnded) return pass();
    const { bytesLeft } = hold;
    const isWhole = bytesLeft === undefined || bytesLeft === Infinity || bytesOf(args) >= bytesLeft;
    return hold.holdLast(pass, isWhole);
  }

  callWrite(args: unknown[]): unknown {
    const pass = (): unknown => this.write.apply(this.response, args);
    if (this.isLast || this.response.writableEnded || this.isBodiless()) return pass();
    this.bytesLeft = (this.bytesLeft ?? lengthOf(this.response)) - bytesOf(args);
    if (this.bytesLeft <= 0) return this.holdLast(pass, true);
    return this.begin(pass);
  }

  callFlushHeaders(): void {
    const pass = (): unknown => this.flushHeaders.call(this.response);
    if (this.isBodiless() || lengthOf(this.response) === 0) {
      this.holdLast(pass, true);
      return;
    }
    this.begin(pass, true);
  }

  /** Handles the separate head of an HTTP/2 response. The head may be the whole response. */
  callHead(isWhole: boolean, pass: () => void): void {
    if (this.isLast) pass();
    else if (isWhole) this.holdLast(pass, true);
    else this.begin(pass);
  }

  private isBodiless(): boolean {
    const status = sentStatus(this.response);
    return this.method === 'HEAD' || status === 204 || status === 304;
  }

  /**
   * Holds the first part of a response until an event with the reason `answer_begun` is stored. If the end follows shortly, as for most
   * compressed responses, that event is not needed. A flush, or a write with back-pressure, does not wait for the end.
   */
  private begin(pass: () => unknown, isFlush = false): unknown {
    if (!this.hasBegun) this.holdFirst();
    const returned = pass();
    if (isFlush || returned === false) this.endMoment?.();
    return returned;
  }

  private holdFirst(): void {
    this.hasBegun = true;
    this.onBegun?.();
    const recorder = this.find();
    if (!recorder) {
      this.hasLeft = true;
      return;
    }
    const gate = this.gate();
    const held = new HeldGate(this.response, gate);
    const settle = (): void => {
      if (this.isLast) {
        held.open();
        return;
      }
      this.hasLeft = true;
      recorder.recordBegun().then(
        () => held.open(),
        (error: unknown) => {
          gate.breakOff(new Error('Cannot store the event of a response before its first byte', { cause: error }));
          held.open();
        },
      );
    };
    const endMoment = (): void => {
      clearTimeout(timer);
      this.endMoment = undefined;
      setImmediate(settle); // a busy turn of the event loop may have delayed the end
    };
    const timer = setTimeout(endMoment, SHORT_ANSWER_MS);
    this.endMoment = endMoment;
  }

  private holdLast(pass: () => unknown, isWhole: boolean): unknown {
    if (this.isLast) return pass();
    this.isLast = true;
    this.endMoment?.();
    const recorder = this.find();
    if (!recorder) return pass();
    const gate = this.gate();
    const held = new HeldGate(this.response, gate);
    let returned: unknown;
    try {
      returned = pass();
    } catch (error) {
      this.isLast = false; // Node refused the response, for example because of invalid text, and another response follows
      held.open();
      throw error;
    }
    recorder.recordAnswer(isWhole).then(
      () => held.whenClosed(() => gate.open()),
      // By the next turn of the event loop, the response has written all bytes of this turn.
      (error: unknown) => held.whenClosed(() => setImmediate(() => this.refuse(gate, error))),
    );
    return returned;
  }

  /** A response that has begun is aborted, so that the client does not take the response for complete. */
  private refuse(gate: ResponseGate, error: unknown): void {
    const { response, method } = this;
    const refusal = refusalOf(error);
    response.statusCode = refusal.statusCode; // for code that logs the status
    const reopen = (): void => gate.open();
    response.prependListener('finish', reopen); // refuse() may emit `finish`; then the gate must open before the connection's next response
    if (!this.hasLeft && gate.refuse(refusal, method)) return;
    response.off('finish', reopen);
    gate.breakOff(new Error('Cannot store the events of a response that has begun'));
    gate.open();
  }
}

// One function for all responses, like heldEnd.
function heldWrite(this: Held, ...args: unknown[]): unknown {
  return this[HOLD].callWrite(args);
}

function heldFlushHeaders(this: ServerResponse): void {
  (this as Held)[HOLD].callFlushHeaders(); // the hold was installed together with this function
}

function lengthOf(response: ServerResponse): number {
  const announced = response.getHeader('content-length') ?? sentLength(response);
  const length = Number(announced);
  return announced === undefined || Number.isNaN(length) ? Infinity : length;
}

/** Headers from `writeHead` appear only in the head that Node has built. */
function sentLength(response: ServerResponse): string | undefined {
  const head: unknown = Reflect.get(response, '_header');
  return typeof head === 'string' ? /\r\ncontent-length: *(\d+)/i.exec(head)?.[1] : undefined;
}

/** The application may have changed the status after the head was sent. */
export function sentStatus(response: Pick<ServerResponse, 'statusCode'>): number {
  const head: unknown = Reflect.get(response, '_header');
  const { stream } = response as { stream?: Partial<ServerHttp2Stream> }; // only a response of HTTP/2 has a stream
  const sent = typeof head === 'string' ? head.slice('HTTP/1.1 '.length, 'HTTP/1.1 200'.length) : undefined;
  const status = Number(sent ?? stream?.sentHeaders?.[':status'] ?? NaN);
  return Number.isInteger(status) ? status : response.statusCode;
}

function bytesOf([chunk, encoding]: unknown[]): number {
  if (typeof chunk === 'string') {
    return Buffer.byteLength(chunk, typeof encoding === 'string' ? (encoding as BufferEncoding) : undefined);
  } // Node refuses an encoding that it does not know
  return chunk instanceof Uint8Array ? chunk.byteLength : 0;
}

/** Closes the gate when the response has a connection; a pipelined response gets its connection later. */
class HeldGate {
  private isClosed = false;
  private then: (() => void) | undefined;

  constructor(
    private readonly response: ServerResponse,
    private readonly gate: ResponseGate,
  ) {
    if (response.socket) this.close();
    else response.once('socket', this.close);
  }

  /** Calls `then` once the gate is closed and the waiting bytes are written to the connection. */
  whenClosed(then: () => void): void {
    if (this.isClosed) then();
    else this.then = then;
  }

  /** Opens the gate. If the response has no connection yet, the gate will not close. */
  open(): void {
    this.response.off('socket', this.close);
    if (this.isClosed) this.gate.open();
  }

  private readonly close = (): void => {
    this.gate.close();
    this.isClosed = true;
    if (this.then) queueMicrotask(this.then);
  };
}
