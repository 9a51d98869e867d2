import type { ServerResponse } from 'node:http';
import { HeldGate } from './held-gate.js';
import { refusalOf } from './refusal-answer.js';
import type { ResponseGate } from './response-gate.js';

/* eslint-disable @typescript-eslint/unbound-method -- those of the response, called on it */

/** A short answer ends within so many milliseconds of its first part. */
const SHORT_ANSWER_MS = 20;

const HOLD = Symbol('nestjs-audit-ledger:hold');

type Held = ServerResponse & { [HOLD]: WireHold };
type Call = (...args: unknown[]) => unknown;

/** Records the events of a response's request; each call resolves when they are delivered. */
export interface AnswerRecorder {
  /** Called before a part of the answer leaves that is not its end. */
  recordBegun(): Promise<void>;
  /**
   * Called before the end leaves.
   *
   * @param isWhole whether all that the headers announce was written
   */
  recordAnswer(isWhole: boolean): Promise<void>;
}

/** Finds what a response waits for; `undefined` for nothing. */
export type FindRecorder = () => AnswerRecorder | undefined;

/**
 * Keeps the last bytes of a response back until the request's events are stored, by the gate below it: what ends a body of
 * known length, the end of one that comes in chunks, the whole of a short one. The first bytes of one that does not end within a moment
 * wait until it is stored that the answer began. The response itself notices nothing: handlers and frameworks see a sent one.
 */
export class WireHold {
  /** Replaced when the request comes to its route. */
  find: FindRecorder = () => undefined;
  /** Called when a part of the answer is sent that is not its end. */
  onBegun: (() => void) | undefined;
  private readonly end: Call;
  private readonly write: Call;
  private readonly flushHeaders: Call;
  /** What is missing of a body of known length. */
  private bytesLeft: number | undefined;
  private hasBegun = false;
  /** Whether the client has, or is about to get, a part. */
  private hasLeft = false;
  /** There while the first part waits for a moment whether it is followed by the end; ends that. */
  private endMoment: (() => void) | undefined;
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
    return this.begin(pass);
  }

  callFlushHeaders(): void {
    const pass = (): unknown => this.flushHeaders.call(this.response);
    if (isBodiless(this.response) || lengthOf(this.response) === 0) {
      this.holdLast(pass, true);
      return;
    }
    this.begin(pass, true);
  }

  /**
   * The head of an HTTP/2 answer leaves by itself. One that is the whole answer is the end.
   */
  callHead(isWhole: boolean, pass: () => void): void {
    if (this.isLast) pass();
    else if (isWhole) this.holdLast(pass, true);
    else this.begin(pass);
  }

  /**
   * What begins the response waits until it is stored that it began, unless its end comes within a moment, as it does for most answers that a
   * middleware compresses. What is flushed, and what is written with back-pressure, does not wait for that moment.
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
          gate.breakOff(new Error('Cannot store that a response began', { cause: error }));
          held.open();
        },
      );
    };
    const endMoment = (): void => {
      clearTimeout(timer);
      this.endMoment = undefined;
      setImmediate(settle); // what a busy turn kept back may be the end
    };
    const timer = setTimeout(endMoment, SHORT_ANSWER_MS);
    this.endMoment = endMoment;
  }

  /** What ends the response for its client is passed on when the events are stored. */
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
      this.isLast = false; // as with invalid text: another answer follows
      held.open();
      throw error;
    }
    recorder.recordAnswer(isWhole).then(
      () => held.whenClosed(() => gate.open()),
      // A turn later the response has written all that it is going to write in this one.
      (error: unknown) => held.whenClosed(() => setImmediate(() => this.refuse(gate, error))),
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
    if (!this.hasLeft && gate.refuse(refusal, method)) return;
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
