import { constants, type Http2ServerResponse } from 'node:http2';
import { refusalHeaders, type Refusal, type ResponseGate } from './response-gate.js';
import { SocketGate } from './socket-gate.js';

type Head = Parameters<Http2ServerResponse['stream']['respond']>;

const GATE = Symbol('nestjs-audit-ledger:http2-gate');

/** These methods of a stream bypass the layers above the stream. */
const FILE_CALLS = ['respondWithFile', 'respondWithFD'] as const;

/** Called when the head is about to be sent. `isWhole`: the head is the whole response. `pass` sends the head, or queues it. */
export type OnHead = (isWhole: boolean, pass: () => void) => void;

/**
 * Holds an HTTP/2 response at its stream, which carries only this response. Unlike in HTTP/1.1, the head is sent separately, and the head
 * alone ends a response without a body. So the closed gate holds back the head as well as the body.
 */
export class Http2Gate implements ResponseGate {
  onHead: OnHead = (_isWhole, pass) => pass();
  private readonly body: SocketGate;
  private readonly stream: Http2ServerResponse['stream'];
  private readonly respond: (...head: Head) => void;
  private closed = 0;
  private head: Head | undefined;
  private sendFile: (() => void) | undefined;

  /** Returns the gate of a response; the first call installs the gate. Make that call before the head is sent. */
  static of(response: Http2ServerResponse): Http2Gate {
    const gated = response as object as { [GATE]?: Http2Gate }; // the property's key is a symbol of this library
    const gate = gated[GATE] ?? new Http2Gate(response);
    gated[GATE] = gate;
    return gate;
  }

  private constructor({ stream }: Http2ServerResponse) {
    this.stream = stream;
    this.body = SocketGate.of(stream);
    this.respond = stream.respond.bind(stream);
    const respond = (...head: Head): void => {
      this.onHead(this.isWhole(head), () => (this.closed > 0 ? this.queueHead(head) : this.respond(...head)));
    };
    stream.respond = respond; // a variable instead of a function literal: see HeldResponses.ifRefused()
    for (const name of FILE_CALLS) this.gateFiles(name);
  }

  private gateFiles(name: (typeof FILE_CALLS)[number]): void {
    const send = this.stream[name].bind(this.stream) as (...args: unknown[]) => void;
    const gated = (...args: unknown[]): void => {
      this.onHead(false, () => {
        if (this.closed > 0) this.sendFile = () => send(...args);
        else send(...args);
      });
    };
    this.stream[name] = gated;
  }

  close(): void {
    this.closed++;
    this.body.close();
  }

  open(): void {
    if (--this.closed === 0) this.sendHead();
    this.body.open();
    const { sendFile } = this;
    if (this.closed > 0 || !sendFile) return;
    this.sendFile = undefined;
    if (!this.stream.destroyed) sendFile();
  }

  refuse(refusal: Refusal, method: string | undefined): boolean {
    const { head, stream } = this;
    if (!head || !this.body.isWaiting || stream.destroyed || stream.closed) return false;
    this.head = [refusalHeaders(head[0] ?? {}, refusal)];
    this.sendHead();
    return this.body.replace(() => Buffer.from(method === 'HEAD' ? '' : refusal.body));
  }

  breakOff(): void {
    this.body.drop();
    if (!this.stream.closed) this.stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  }

  /** To the application, the queued head appears to be sent. */
  private queueHead(head: Head): void {
    this.head = [{ ...head[0] }, head[1]];
    Object.defineProperty(this.stream, 'headersSent', { value: true, configurable: true });
    Object.defineProperty(this.stream, 'sentHeaders', { value: this.head[0], configurable: true });
    if (this.endsStream(head)) this.stream.end(); // Node's `respond` also ends a stream without a body
  }

  private sendHead(): void {
    const { head, stream } = this;
    if (!head) return;
    this.head = undefined;
    Reflect.deleteProperty(stream, 'headersSent');
    Reflect.deleteProperty(stream, 'sentHeaders');
    if (stream.destroyed || stream.closed) return; // the client left
    try {
      this.respond(...head);
    } catch (error) {
      stream.destroy(error as Error); // Node's error for a head that cannot be sent
    }
  }

  private isWhole(head: Head): boolean {
    return this.endsStream(head) || Number(head[0]?.['content-length'] ?? NaN) === 0;
  }

  private endsStream([headers, options]: Head): boolean {
    const status = Number(headers?.[':status'] ?? 200);
    // The types of Node's stream lack this property.
    const isHead = (this.stream as { readonly headRequest?: boolean }).headRequest === true;
    return options?.endStream === true || isHead || status === 204 || status === 205 || status === 304;
  }
}
