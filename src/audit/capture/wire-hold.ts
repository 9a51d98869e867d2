import type { ServerResponse } from 'node:http';
import { refusalOf } from './refusal-answer.js';
import type { ResponseGate } from './response-gate.js';

/* eslint-disable @typescript-eslint/unbound-method -- those of the response, called on it */

const HOLD = Symbol('nestjs-audit-ledger:hold');

type Held = ServerResponse & { [HOLD]: WireHold };
type Call = (...args: unknown[]) => unknown;

/**
 * Records the events of the response's request. Resolves when they are delivered.
 *
 * @param isWhole whether all that the headers announce was written
 */
export type RecordAnswer = (isWhole: boolean) => Promise<void>;

/** Finds what a response's end waits for, just before the end; `undefined` for nothing. */
export type FindRecord = () => RecordAnswer | undefined;

/**
 * Keeps the last bytes of a response back until the request's events are stored, by the gate below it: what ends a body of
 * known length, the end of one that comes in chunks, the whole of a short one. The response itself notices nothing:
 * handlers and frameworks see a sent one.
 */
export class WireHold {
  /** Replaced when the request comes to its route. */
  find: FindRecord = () => undefined;
  /** Called when a part of the answer is sent that is not its end. */
  onBegun: (() => void) | undefined;
  private readonly end: Call;
  private readonly write: Call;
  private readonly flushHeaders: Call;
  /** What is missing of a body of known length. */
  private bytesLeft: number | undefined;
  private hasBegun = false;
  private isLast = false;

  /** The hold of a response: put there by its first call, which is best made before any middleware. */
  static of(response: ServerResponse, gate: () => ResponseGate): WireHold {
    return (response as Partial<Held>)[HOLD] ?? new WireHold(response, gate);
  }

  private constructor(
    private readonly response: ServerResponse,
    /** Asked when there is something to hold. */
    private readonly gate: () => ResponseGate,
  ) {
    this.end = response.end as Call;
    this.write = response.write as Call;
    this.flushHeaders = response.flushHeaders;
    (response as Held)[HOLD] = this; // a property of our own, under a symbol of our own
    response.end = WireHold.heldEnd as ServerResponse['end'];
    response.write = heldWrite as ServerResponse['write'];
    response.flushHeaders = heldFlushHeaders;
  }

  /** Stands in for `end` of all responses: the hold is found on the response, since a closure for each would be made at each request. */
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
    if (this.isLast || this.response.writableEnded || isBodiless(this.response)) return pass();
    this.bytesLeft = (this.bytesLeft ?? lengthOf(this.response)) - bytesOf(args);
    if (this.bytesLeft <= 0) return this.holdLast(pass, true);
    this.begin();
    return pass();
  }

  callFlushHeaders(): void {
    const pass = (): unknown => this.flushHeaders.call(this.response);
    if (isBodiless(this.response) || lengthOf(this.response) === 0) {
      this.holdLast(pass, true);
      return;
    }
    this.begin();
    pass();
  }

  /**
   * The head of an HTTP/2 answer leaves by itself: it waits to the end of this turn, in which the rest may follow. One that is the whole
   * answer is the end.
   */
  callHead(isWhole: boolean, pass: () => void): void {
    if (this.isLast || !this.find()) {
      pass();
      return;
    }
    if (isWhole) {
      this.holdLast(pass, true);
      return;
    }
    const gate = this.gate();
    gate.close();
    pass();
    process.nextTick(() => {
      if (!this.isLast) this.begin();
      gate.open();
    });
  }

  private begin(): void {
    if (this.hasBegun) return;
    this.hasBegun = true;
    this.onBegun?.();
  }

  /** What ends the response for its client is passed on when the events are stored. */
  private holdLast(pass: () => unknown, isWhole: boolean): unknown {
    if (this.isLast) return pass();
    this.isLast = true;
    const recordAnswer = this.find();
    if (!recordAnswer) return pass();
    const gate = this.gate();
    const state = { isClosed: false };
    let settle: (() => void) | undefined;
    const close = (): void => {
      gate.close();
      state.isClosed = true;
      if (settle) queueMicrotask(settle); // after what waited for the connection is written to it
    };
    if (this.response.socket) close();
    else this.response.once('socket', close); // a pipelined one, behind others
    let returned: unknown;
    try {
      returned = pass();
    } catch (error) {
      this.isLast = false; // as with invalid text: another answer follows
      if (state.isClosed) gate.open();
      else this.response.off('socket', close);
      throw error;
    }
    const atGate = (then: () => void): void => {
      if (state.isClosed) then();
      else settle = then;
    };
    recordAnswer(isWhole).then(
      () => atGate(() => gate.open()),
      // A turn later the response has written all that it is going to write in this one.
      (error: unknown) => atGate(() => setImmediate(() => this.refuse(gate, error))),
    );
    return returned;
  }

  /** An answer that has begun cannot become another one: it is broken off, so that nobody takes it for whole. */
  private refuse(gate: ResponseGate, error: unknown): void {
    const { response } = this;
    const { method } = response.req;
    const refusal = refusalOf(error);
    response.statusCode = refusal.statusCode; // for those who log it
    const reopen = (): void => gate.open();
    response.prependListener('finish', reopen); // before the next response on the connection; it may come within refuse()
    if (!this.hasBegun && gate.refuse(refusal, method)) return;
    response.off('finish', reopen);
    gate.breakOff(new Error('Cannot store the events of a response that has begun'));
    gate.open();
  }
}

// One function for all responses, as heldEnd.
function heldWrite(this: Held, ...args: unknown[]): unknown {
  return this[HOLD].callWrite(args);
}
function heldFlushHeaders(this: ServerResponse): void {
  (this as Held)[HOLD].callFlushHeaders(); // put there with this function
}

/** Whether the headers are all that the client gets. */
function isBodiless({ req, statusCode }: ServerResponse): boolean {
  return req.method === 'HEAD' || statusCode === 204 || statusCode === 304;
}

/** How many bytes of body the headers announce; infinitely many where only the end tells. */
function lengthOf(response: ServerResponse): number {
  const announced = response.getHeader('content-length') ?? sentLength(response);
  const length = Number(announced);
  return announced === undefined || Number.isNaN(length) ? Infinity : length;
}

/** Headers that are given to `writeHead` alone are nowhere else. */
function sentLength(response: ServerResponse): string | undefined {
  const head: unknown = Reflect.get(response, '_header');
  return typeof head === 'string' ? /\r\ncontent-length: *(\d+)/i.exec(head)?.[1] : undefined;
}

function bytesOf([chunk, encoding]: unknown[]): number {
  if (typeof chunk === 'string') {
    return Buffer.byteLength(chunk, typeof encoding === 'string' ? (encoding as BufferEncoding) : undefined);
  } // as Node takes them
  return chunk instanceof Uint8Array ? chunk.byteLength : 0;
}
