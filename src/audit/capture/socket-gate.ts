import type { Duplex } from 'node:stream';
import { refusalResponse, type Refusal, type ResponseGate } from './response-gate.js';

type Done = (error?: Error | null) => void;

interface Piece {
  readonly chunk: string | Uint8Array;
  readonly encoding: BufferEncoding | 'buffer';
}

/** At most one call waits, since a stream makes its next call only when this call is done. */
interface WaitingCall {
  /** The bytes to be written; `undefined` if the stream only ends. */
  readonly first: Piece | undefined;
  readonly done: Done;
  readonly proceed: () => void;
}

const GATE = Symbol('nestjs-audit-ledger:gate');

interface GatedSocket extends Duplex {
  [GATE]?: SocketGate;
}

/**
 * Holds back the bytes that Node writes to a connection, which carries one response at a time. While the gate is closed, the connection behaves as if the client did not read.
 * Node queues the bytes in order, and the response's flags have the same values as with such a client.
 *
 * ```text
 * open ── close() ──▶ closed ── open() ──────────────────▶ open      the waiting bytes are written
 *                       └────── refuse() or drop()  ── open() ──▶ open      the waiting bytes are dropped
 * ```
 */
export class SocketGate implements ResponseGate {
  private isClosed = false;
  private isDropping = false;
  private waiting: WaitingCall | undefined;
  private destroying: (() => void) | undefined;
  private readonly write: (chunk: string | Uint8Array, encoding: BufferEncoding | 'buffer', done: Done) => void;

  /** Returns the gate of a connection; the first call installs it. */
  static of(socket: Duplex): SocketGate {
    const gated = socket as GatedSocket; // the property's key is a symbol of this library
    const gate = gated[GATE] ?? new SocketGate(socket);
    gated[GATE] = gate;
    return gate;
  }

  private constructor(private readonly socket: Duplex) {
    // Node's streams write through these methods, so every written byte passes the gate.
    const write = socket._write.bind(socket) as SocketGate['write']; // a socket writes strings unchanged
    const writev = socket._writev?.bind(socket);
    const final = (socket._final as Duplex['_final'] | undefined)?.bind(socket); // not every stream has this method
    const destroy = socket._destroy.bind(socket);
    this.write = write;
    const passOne: Duplex['_write'] = (chunk: string | Uint8Array, encoding, done) => {
      this.pass({ chunk, encoding }, done, () => write(chunk, encoding, done));
    };
    const passAll: Duplex['_writev'] = (chunks, done) => {
      this.pass(chunks[0], done, () => writev?.(chunks, done));
    };
    const passEnd: Duplex['_final'] = (done) => {
      const proceed = (): void => (final ? final(done) : done());
      if (this.isClosed && !this.isDropping) this.waiting = { first: undefined, done, proceed };
      else proceed();
    };
    const passDestroy: Duplex['_destroy'] = (error, done) => {
      // The waiting bytes are sent before the connection is destroyed. Without the gate, they would have been sent before the server closed
      // the connection.
      const proceed = (): void => destroy(error, done);
      if (this.waiting && !error) this.destroying = proceed;
      else proceed();
    };
    // Variables instead of function literals, see ResponseHolds.ifRefused(): an HTTP/2 stream belongs to one request.
    socket._write = passOne;
    if (writev) socket._writev = passAll;
    socket._final = passEnd;
    socket._destroy = passDestroy;
  }

  close(): void {
    this.isClosed = true;
  }

  open(): void {
    this.isClosed = this.isDropping = false;
    const { waiting, destroying } = this;
    this.waiting = undefined;
    this.destroying = undefined;
    if (!this.socket.destroyed || destroying) waiting?.proceed();
    destroying?.();
  }

  /** Replaces an HTTP/1.1 response, whose head is in the first waiting piece. */
  refuse(refusal: Refusal, method: string | undefined): boolean {
    const first = this.waiting?.first;
    if (!first) return false;
    const { chunk, encoding } = first;
    const head = typeof chunk === 'string' ? Buffer.from(chunk, encoding as BufferEncoding) : Buffer.from(chunk); // each text comes with its encoding
    return this.replace(() => refusalResponse(head, method, refusal));
  }

  /** Writes the result of `make` instead of the waiting and all further bytes. Returns whether any bytes waited. */
  replace(make: () => Buffer): boolean {
    const { waiting } = this;
    if (!waiting || this.socket.destroyed) return false;
    this.waiting = undefined;
    this.isDropping = true;
    this.write(make(), 'buffer', waiting.first ? waiting.done : () => waiting.proceed());
    return true;
  }

  /** Drops the waiting bytes, and all further bytes until the gate opens. */
  drop(): void {
    const { waiting } = this;
    this.waiting = undefined;
    this.isDropping = true;
    waiting?.done();
  }

  breakOff(error: Error): void {
    this.socket.destroy(error);
  }

  get isWaiting(): boolean {
    return this.waiting !== undefined;
  }

  private pass(first: Piece | undefined, done: Done, proceed: () => void): void {
    if (!this.isClosed) proceed();
    else if (this.isDropping) done();
    else this.waiting = { first, done, proceed };
  }
}
