import { STATUS_CODES, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { AuditHttpException } from '../errors/http.error.js';
import { httpErrors } from '../errors/http.errors.js';
import { hasCode } from '../../base/errors/error-facts.js';

/** Keeps back the bytes that would end a response for the client. The response does not notice the gate. */
export interface ResponseGate {
  /** No byte passes until the gate opens. */
  close(): void;
  /** The waiting bytes and all later bytes pass. */
  open(): void;
  /** Replaces the waiting bytes, and all further bytes until the gate opens, with a refusal. Returns whether any bytes waited. */
  refuse(refusal: Refusal, method: string | undefined): boolean;
  /** Aborts a response that has begun, so that the client does not take it for complete. */
  abort(error: Error): void;
}

const BODY_HEADER = /^(?:content-|(?:etag|transfer-encoding|trailer|last-modified|accept-ranges)(?::|$))/i;

/** The response to a request whose events could not be stored, although their policy is `closed`. */
export interface Refusal {
  readonly statusCode: number;
  /** JSON. */
  readonly body: string;
}

export function toRefusal(error: unknown): Refusal {
  const isKnown = error instanceof AuditHttpException && hasCode(error, 'AUDIT_UNAVAILABLE', 'AUDIT_OUTCOME_LOST');
  const unavailable = isKnown ? error : httpErrors.AUDIT_UNAVAILABLE();
  return { statusCode: unavailable.getStatus(), body: JSON.stringify(unavailable.getResponse()) };
}

/**
 * Returns the refusal as the bytes of an HTTP/1.1 response; `head` is the head of the original response. Headers that do not describe the
 * body remain. For example, the headers of CORS remain, since a browser hides a response that lacks these headers.
 */
function formatRefusalResponse(head: Buffer, method: string | undefined, { statusCode, body }: Refusal): Buffer {
  const [, ...headers] = head.subarray(0, head.indexOf('\r\n\r\n')).toString('latin1').split('\r\n');
  const lines = [
    `HTTP/1.1 ${statusCode} ${STATUS_CODES[statusCode]}`,
    ...headers.filter((line) => !BODY_HEADER.test(line)),
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    '',
    '',
  ];
  return Buffer.concat([Buffer.from(lines.join('\r\n'), 'latin1'), Buffer.from(method === 'HEAD' ? '' : body)]);
}

export function buildRefusalHeaders<Value>(
  headers: Readonly<Record<string, Value>>,
  { statusCode, body }: Refusal,
): Record<string, Value | string | number> {
  const kept = Object.entries(headers).filter(([name]) => !BODY_HEADER.test(name));
  return {
    ...Object.fromEntries(kept),
    ...(':status' in headers && { ':status': statusCode }),
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(Buffer.byteLength(body)),
  };
}

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

const GATE_KEY = Symbol('nestjs-audit-ledger:gate');

interface GatedSocket extends Duplex {
  [GATE_KEY]?: SocketGate;
}

/**
 * Keeps back the bytes that Node writes to a connection, which carries one response at a time. While the gate is closed, the connection behaves as if the client did not read.
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
    const gate = gated[GATE_KEY] ?? new SocketGate(socket);
    gated[GATE_KEY] = gate;
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
    // Variables instead of function literals, see DelayedResponses.findRejected(): an HTTP/2 stream belongs to one request.
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
    return this.replace(() => formatRefusalResponse(head, method, refusal));
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

  abort(error: Error): void {
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

/** A response of light-my-request, which implements Fastify's `inject`. */
interface InjectedResponse {
  headers: Record<string, unknown> | null;
  payloadChunks?: Buffer[];
}

const SOCKETLESS_GATE = Symbol('nestjs-audit-ledger:socketless-gate');

/**
 * Delays a response without a socket: under Fastify's `inject`, or in a serverless adapter. The client gets such a response when the
 * response emits `finish`, so this gate delays `finish`.
 */
export class SocketlessGate implements ResponseGate {
  private isClosed = false;
  private waiting: (() => void)[] = [];
  /** Kept here, since the application may change the status while the gate is closed. */
  private statusCode: number | undefined;
  private readonly emit: (...args: unknown[]) => boolean;

  /** Returns the gate of a response; the first call installs it. */
  static of(response: ServerResponse): SocketlessGate {
    const gated = response as object as { [SOCKETLESS_GATE]?: SocketlessGate }; // the property's key is a symbol of this library
    const gate = gated[SOCKETLESS_GATE] ?? new SocketlessGate(response);
    gated[SOCKETLESS_GATE] = gate;
    return gate;
  }

  private constructor(private readonly response: ServerResponse) {
    this.emit = response.emit.bind(response) as SocketlessGate['emit'];
    const emit = (...args: unknown[]): boolean => {
      if (!this.isClosed || (args[0] !== 'finish' && args[0] !== 'close')) return this.emit(...args);
      this.statusCode ??= response.statusCode;
      this.waiting.push(() => this.emit(...args));
      return response.listenerCount(args[0]) > 0;
    };
    response.emit = emit as ServerResponse['emit']; // a variable instead of a function literal: see DelayedResponses.findRejected()
  }

  close(): void {
    this.isClosed = true;
  }

  open(): void {
    this.isClosed = false;
    this.emitWaiting();
  }

  private emitWaiting(): void {
    const { waiting } = this;
    this.waiting = [];
    if (this.statusCode !== undefined) this.response.statusCode = this.statusCode;
    for (const each of waiting) each();
  }

  refuse(refusal: Refusal): boolean {
    const injected = (this.response as { readonly _lightMyRequest?: InjectedResponse })._lightMyRequest;
    if (!injected?.payloadChunks) return false;
    this.statusCode = refusal.statusCode;
    this.response.statusMessage = '';
    injected.headers = buildRefusalHeaders(injected.headers ?? {}, refusal);
    injected.payloadChunks = [Buffer.from(this.response.req.method === 'HEAD' ? '' : refusal.body)];
    this.emitWaiting(); // the response is finished, and the code that waits for `finish` opens the gate
    return true;
  }

  abort(error: Error): void {
    this.waiting = [];
    if (this.response.listenerCount('error') > 0) this.emit('error', error);
    this.emit('close');
  }
}
