import { ServerResponse } from 'node:http';
import { Duplex } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import { CaptureRecorder } from './capture-recorder.service.js';
import { captureOf, type HttpCapture } from './http-capture.js';
import { refusalOf } from './refusal-answer.js';
import { WireHold, type RecordAnswer } from './wire-hold.js';

/** What of Node's response the hold needs, of HTTP/1 or HTTP/2. */
export type NodeResponse = Pick<ServerResponse, 'statusCode' | 'headersSent' | 'writableFinished' | 'errored' | 'on'>;

interface FastifyReply {
  readonly raw: NodeResponse;
  readonly statusCode: number;
  code(statusCode: number): this;
  type(contentType: string): this;
  removeHeader(name: string): this;
}

/** What of a Fastify instance the hold needs. */
export interface FastifyWithOnSend {
  addHook(
    name: 'onSend',
    hook: (
      request: object,
      reply: FastifyReply,
      payload: unknown,
      done: (error: Error | null, payload: unknown) => void,
    ) => void,
  ): unknown;
}

/** Holds the response of an audited request back until its events are delivered. */
@Injectable()
export class ResponseHold {
  constructor(@Inject(CaptureRecorder) private readonly recorder: CaptureRecorder) {}

  /** Holds `response` until the request's events are delivered, and notices when its connection closes before. */
  until(capture: HttpCapture, response: object): void {
    const raw = ('raw' in response ? response.raw : response) as NodeResponse; // Fastify's is around Node's, Express's is Node's
    const socket = connectionOf(raw);
    if (socket) {
      // Only Node's own response has a connection.
      const hold = WireHold.of(raw as ServerResponse, socket);
      hold.find = () => this.recordOf(capture, raw);
      hold.onBegun = undefined;
    } else {
      capture.isHeldBeforeSend = true;
    }
    raw.on('close', () => this.noteClose(capture, raw, socket));
  }

  /** Holds `raw`, a response of Node's, if `find` finds at its end that its request was refused before it came to its route. */
  ifRefused(raw: NodeResponse, find: (statusCode: number) => HttpCapture | undefined): void {
    const socket = connectionOf(raw);
    if (!socket) return;
    const hold = WireHold.of(raw as ServerResponse, socket); // only Node's own response has a connection
    let capture: HttpCapture | undefined;
    const found = (): HttpCapture | undefined => (capture ??= find(sentStatus(raw)));
    hold.find = () => {
      const refused = found();
      return refused && this.recordOf(refused, raw);
    };
    hold.onBegun = () => {
      raw.on('close', () => {
        const refused = hold.onBegun && found();
        if (refused) this.noteClose(refused, raw, socket);
      });
    };
  }

  private recordOf(capture: HttpCapture, raw: NodeResponse): RecordAnswer {
    return (isWhole) => {
      if (!isWhole) capture.isBrokenOff = true;
      return this.recorder.recordEnd(capture, sentStatus(raw));
    };
  }

  private noteClose(capture: HttpCapture, raw: NodeResponse, socket: Duplex | undefined): void {
    this.recorder.closed(capture, {
      statusCode: raw.headersSent ? sentStatus(raw) : undefined,
      isAnswered: raw.writableFinished,
      // A client that leaves ends or breaks the connection; else it is the application that closed it.
      isByClient: !socket || socket.readableEnded || (socket.errored !== null && socket.errored !== raw.errored),
    });
  }

  /** Fastify over something else than a connection of HTTP/1: the whole answer is held. */
  registerOnSend(fastify: FastifyWithOnSend): void {
    fastify.addHook('onSend', (request, reply, payload, done) => {
      const capture = captureOf(request);
      if (!capture?.isHeldBeforeSend) {
        done(null, payload);
        return;
      }
      // By this Fastify knows that it has sent an answer.
      Object.defineProperty(reply.raw, 'writableEnded', { value: true, configurable: true });
      this.recorder.recordEnd(capture, reply.statusCode).then(
        () => {
          Reflect.deleteProperty(reply.raw, 'writableEnded');
          done(null, payload);
        },
        (error: unknown) => {
          Reflect.deleteProperty(reply.raw, 'writableEnded');
          const { statusCode, body } = refusalOf(error);
          reply.code(statusCode).type('application/json; charset=utf-8').removeHeader('content-length');
          done(null, body);
        },
      );
    });
  }
}

/** The connection that only this response's bytes are on when it is its turn; none where they are mixed or there are none. */
function connectionOf(raw: NodeResponse): Duplex | undefined {
  if (!(raw instanceof ServerResponse)) return undefined;
  const { socket } = raw.req as { readonly socket: unknown }; // another one under Fastify's `inject`
  return socket instanceof Duplex ? socket : undefined;
}

/** The status in the head that is written: a late call may have changed the response's own since. */
function sentStatus(raw: NodeResponse): number {
  const head: unknown = Reflect.get(raw, '_header');
  const status = typeof head === 'string' ? Number(head.slice('HTTP/1.1 '.length, 'HTTP/1.1 200'.length)) : NaN;
  return Number.isInteger(status) ? status : raw.statusCode;
}
