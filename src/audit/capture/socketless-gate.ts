import type { ServerResponse } from 'node:http';
import { refusalHeaders, type Refusal, type ResponseGate } from './response-gate.js';

/** A response of light-my-request, which implements Fastify's `inject`. */
interface InjectedResponse {
  headers: Record<string, unknown> | null;
  payloadChunks?: Buffer[];
}

const GATE = Symbol('nestjs-audit-ledger:socketless-gate');

/**
 * Holds back a response without a socket: under Fastify's `inject`, or in a serverless adapter. The client gets such a response when the
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
    const gated = response as object as { [GATE]?: SocketlessGate }; // the property's key is a symbol of this library
    const gate = gated[GATE] ?? new SocketlessGate(response);
    gated[GATE] = gate;
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
    response.emit = emit as ServerResponse['emit']; // a variable instead of a function literal: see ResponseHolds.ifRefused()
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
    injected.headers = refusalHeaders(injected.headers ?? {}, refusal);
    injected.payloadChunks = [Buffer.from(this.response.req.method === 'HEAD' ? '' : refusal.body)];
    this.emitWaiting(); // the response is finished, and the code that waits for `finish` opens the gate
    return true;
  }

  breakOff(error: Error): void {
    this.waiting = [];
    if (this.response.listenerCount('error') > 0) this.emit('error', error);
    this.emit('close');
  }
}
