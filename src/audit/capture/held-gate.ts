import type { ServerResponse } from 'node:http';
import type { ResponseGate } from './response-gate.js';

/** Closes a response's gate as soon as the response gets its connection: a pipelined response gets it after those before it. */
export class HeldGate {
  private isClosed = false;
  private then: (() => void) | undefined;

  constructor(
    private readonly response: ServerResponse,
    private readonly gate: ResponseGate,
  ) {
    if (response.socket) this.close();
    else response.once('socket', this.close);
  }

  /** Calls `then` once the gate is closed and the pieces that waited for the connection are written to it. */
  whenClosed(then: () => void): void {
    if (this.isClosed) then();
    else this.then = then;
  }

  /** Opens the gate; if the response has no connection yet, leaves it open. */
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
