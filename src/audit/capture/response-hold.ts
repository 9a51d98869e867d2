import { Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { AuditOutcomeLostError } from '../errors/audit-outcome-lost.error.js';
import { AuditUnavailableError } from '../errors/audit-unavailable.error.js';
import { CaptureRecorder } from './capture-recorder.service.js';
import { captureOf, type HttpCapture } from './http-capture.js';

/** What of Node's response the hold needs. */
interface NodeResponse {
  statusCode: number;
  readonly headersSent: boolean;
  /** Whether all of it is with the system. */
  readonly writableFinished: boolean;
  end: (...args: unknown[]) => unknown;
  destroy(): unknown;
  on(event: 'close', listener: () => void): unknown;
  getHeaderNames(): string[];
  removeHeader(name: string): void;
  setHeader(name: string, value: string): unknown;
}

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
  constructor(
    @Inject(CaptureRecorder) private readonly recorder: CaptureRecorder,
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
  ) {}

  /** Holds `response` until the request's events are delivered, and notices when the client leaves before. */
  until(capture: HttpCapture, response: object): void {
    if (this.host.httpAdapter.getType() === 'fastify') {
      const reply = response as FastifyReply; // as the adapter's type says
      const { raw } = reply;
      raw.on('close', () => this.recorder.closed(capture, raw.statusCode, raw.writableFinished));
    } else {
      this.holdEnd(capture, response as NodeResponse); // Express's response is Node's
    }
  }

  /** Fastify: an asynchronous hook before the first byte is all it takes. */
  registerOnSend(fastify: FastifyWithOnSend): void {
    fastify.addHook('onSend', (request, reply, payload, done) => {
      const capture = captureOf(request);
      if (!capture) {
        done(null, payload);
        return;
      }
      this.recorder.recordEnd(capture, reply.statusCode).then(
        () => {
          if (!isAnswered(reply)) done(null, payload);
        },
        (error: unknown) => {
          if (isAnswered(reply)) return;
          const { statusCode, body } = unavailableAnswer(error);
          reply.code(statusCode).type('application/json; charset=utf-8').removeHeader('content-length');
          done(null, body);
        },
      );
    });
  }

  /** Express: its response has no such hook, so the response's end is put off. */
  private holdEnd(capture: HttpCapture, response: NodeResponse): void {
    const end = response.end;
    let held = false;
    response.end = (...args) => {
      if (held) return response;
      held = true;
      this.recorder.recordEnd(capture, response.statusCode).then(
        () => {
          response.end = end;
          response.end(...args);
        },
        (error: unknown) => {
          response.end = end;
          sendUnavailable(response, error);
        },
      );
      return response;
    };
    response.on('close', () => this.recorder.closed(capture, response.statusCode, response.writableFinished));
  }
}

/** A handler that answers twice, as one that throws after its answer, would else end the process with what Fastify throws. */
function isAnswered({ raw }: FastifyReply): boolean {
  return raw.headersSent;
}

/** An answer that has begun cannot become another one: it is broken off, so that nobody takes it for whole. */
function sendUnavailable(response: NodeResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  for (const name of response.getHeaderNames()) {
    if (name.startsWith('content-') || name === 'etag') response.removeHeader(name);
  }
  const { statusCode, body } = unavailableAnswer(error);
  response.statusCode = statusCode;
  response.setHeader('content-type', 'application/json; charset=utf-8');
  response.end(body);
}

function unavailableAnswer(error: unknown): { readonly statusCode: number; readonly body: string } {
  const isKnown = error instanceof AuditUnavailableError || error instanceof AuditOutcomeLostError;
  const unavailable = isKnown ? error : new AuditUnavailableError('of this request');
  return { statusCode: unavailable.getStatus(), body: JSON.stringify(unavailable.getResponse()) };
}
