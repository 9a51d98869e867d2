import type { ServerResponse } from 'node:http';
import type { ResponseGate } from './response-gate.js';

/** Closes a response's gate as soon as the response has its connection: a pipelined one gets it when those before it are through. */
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

  /** Calls `then` when the gate is closed and what waited for the connection is written to it. */
  whenClosed(then: () => void): void {
    if (this.isClosed) then();
    else this.then = then;
  }

  /** Opens the gate, or leaves it open if the response has no connection yet. */
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
