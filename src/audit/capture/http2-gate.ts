import type { ServerResponse } from 'node:http';
import { constants, type Http2ServerResponse } from 'node:http2';
import { buildRefusalHeaders, type Refusal, type ResponseGate, SocketGate } from './response-gate.js';
import { DelayedResponse } from './delayed-response.js';

type Stream = Http2ServerResponse['stream'];
type Head = Parameters<Stream['respond']>;

/** Installs the gate of a delayed HTTP/2 response. Do so before the head is sent. */
export function delayHttp2(response: Http2ServerResponse): DelayedResponse {
  const { stream } = response;
  const gate = new Http2Gate(stream);
  const delayed = new DelayedResponse(response as unknown as ServerResponse, () => gate); // an HTTP/2 response has the same methods as an HTTP/1 response
  const respond = (...head: Head): void => delayed.sendHead(() => gate.respond(head), isCompleteHead(stream, head));
  stream.respond = respond; // a variable instead of a function literal: see DelayedResponses.findRejected()
  return delayed;
}

/**
 * Delays an HTTP/2 response at its stream, which carries only this response. Unlike in HTTP/1.1, the head is sent separately, and the head
 * alone ends a response without a body. So the closed gate keeps back the head as well as the body.
 */
class Http2Gate implements ResponseGate {
  private readonly body: SocketGate;
  private readonly sendHead: (...head: Head) => void;
  private isClosed = false;
  private head: Head | undefined;

  constructor(private readonly stream: Stream) {
    this.body = SocketGate.of(stream);
    this.sendHead = stream.respond.bind(stream);
  }

  respond(head: Head): void {
    if (this.isClosed) this.queueHead(head);
    else this.sendHead(...head);
  }

  close(): void {
    this.isClosed = true;
    this.body.close();
  }

  open(): void {
    this.isClosed = false;
    this.sendQueuedHead();
    this.body.open();
  }

  refuse(refusal: Refusal, method: string | undefined): boolean {
    const { head, stream } = this;
    if (!head || !this.body.isWaiting || stream.destroyed || stream.closed) return false;
    this.head = [buildRefusalHeaders(head[0] ?? {}, refusal)];
    this.sendQueuedHead();
    return this.body.replace(() => Buffer.from(method === 'HEAD' ? '' : refusal.body));
  }

  abort(): void {
    this.body.drop();
    if (!this.stream.closed) this.stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  }

  /** To the application, the queued head appears to be sent. */
  private queueHead(head: Head): void {
    this.head = [{ ...head[0] }, head[1]];
    Object.defineProperty(this.stream, 'headersSent', { value: true, configurable: true });
    Object.defineProperty(this.stream, 'sentHeaders', { value: this.head[0], configurable: true });
    if (isEndOfStream(this.stream, head)) this.stream.end(); // Node's `respond` also ends a stream without a body
  }

  private sendQueuedHead(): void {
    const { head, stream } = this;
    if (!head) return;
    this.head = undefined;
    Reflect.deleteProperty(stream, 'headersSent');
    Reflect.deleteProperty(stream, 'sentHeaders');
    if (stream.destroyed || stream.closed) return; // the client left
    try {
      this.sendHead(...head);
    } catch (error) {
      stream.destroy(error as Error); // Node's error for a head that cannot be sent
    }
  }
}

function isCompleteHead(stream: Stream, head: Head): boolean {
  return isEndOfStream(stream, head) || Number(head[0]?.['content-length'] ?? NaN) === 0;
}

function isEndOfStream(stream: Stream, [headers, options]: Head): boolean {
  const status = Number(headers?.[':status'] ?? 200);
  const isHead = (stream as { readonly headRequest?: boolean }).headRequest === true; // the types of Node's stream lack this property
  return options?.endStream === true || isHead || status === 204 || status === 205 || status === 304;
}
