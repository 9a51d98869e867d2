import type { ServerResponse } from 'node:http';
import { refusalHeaders, type Refusal } from './refusal-answer.js';
import type { ResponseGate } from './response-gate.js';

/** How light-my-request, which Fastify's `inject` is, keeps an answer. */
interface InjectedAnswer {
  headers: Record<string, unknown> | null;
  payloadChunks?: Buffer[];
}

const GATE = Symbol('nestjs-audit-ledger:finish-gate');

/**
 * The gate of a response that no connection carries, as of Fastify's `inject` and of adapters for serverless functions. They take the
 * answer when the response says that it is finished, so that is what waits.
 */
export class FinishGate implements ResponseGate {
  private closed = 0;
  private waiting: (() => void)[] = [];
  /** What the response was finished with: a late call may change it while the end waits. */
  private statusCode: number | undefined;
  private readonly emit: (...args: unknown[]) => boolean;

  /** The gate of a response: put there by its first call. */
  static of(response: ServerResponse): FinishGate {
    const gated = response as object as { [GATE]?: FinishGate }; // a property of our own, under a symbol of our own
    const gate = gated[GATE] ?? new FinishGate(response);
    gated[GATE] = gate;
    return gate;
  }

  private constructor(private readonly response: ServerResponse) {
    this.emit = response.emit.bind(response) as FinishGate['emit'];
    const emit = (...args: unknown[]): boolean => {
      if (this.closed === 0 || (args[0] !== 'finish' && args[0] !== 'close')) return this.emit(...args);
      this.statusCode ??= response.statusCode;
      this.waiting.push(() => this.emit(...args));
      return response.listenerCount(args[0]) > 0;
    };
    response.emit = emit as ServerResponse['emit']; // not at once: see ResponseHold
  }

  close(): void {
    this.closed++;
  }

  open(): void {
    if (--this.closed === 0) this.tell();
  }

  private tell(): void {
    const { waiting } = this;
    this.waiting = [];
    if (this.statusCode !== undefined) this.response.statusCode = this.statusCode;
    for (const each of waiting) each();
  }

  refuse(refusal: Refusal): boolean {
    const answer = (this.response as { readonly _lightMyRequest?: InjectedAnswer })._lightMyRequest;
    if (!answer?.payloadChunks) return false;
    this.statusCode = refusal.statusCode;
    this.response.statusMessage = '';
    answer.headers = refusalHeaders(answer.headers ?? {}, refusal);
    answer.payloadChunks = [Buffer.from(this.response.req.method === 'HEAD' ? '' : refusal.body)];
    this.tell(); // it is finished, and the code that waits for that opens the gate
    return true;
  }

  breakOff(error: Error): void {
    this.waiting = [];
    if (this.response.listenerCount('error') > 0) this.emit('error', error);
    this.emit('close');
  }
}
