import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { All, Controller, Inject, Module, Query, Res, type Type } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import type { FastifyReply } from 'fastify';
import type { ServerResponse } from 'node:http';
import { connect } from 'node:http2';
import type { AddressInfo, Server } from 'node:net';
import { Audited, AuditModule } from '../../src/audit/index.js';
import { InMemoryAuditProvider } from '../../src/audit/testing/index.js';
import { NestBehaviours } from '../support/waiting/nest-behaviours.js';
import { NODE_BEHAVIOURS } from '../support/waiting/node-behaviours.js';
import { recordedEnds } from '../support/waiting/recorded-ends.js';
import { waiting, WaitingProvider } from '../support/waiting/waiting-provider.js';
import type { ListeningApp } from '../support/http-app.js';
import { eventually, keptApp } from '../support/index.js';

/** Values that differ by time or that the context adds are left out of the comparison. */
interface Got {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
  /** `end`, or the error that broke the response off. */
  readonly end: string;
}

type Client = (app: ListeningApp, method: string, path: string, onPiece?: (text: string) => void) => Promise<Got>;

function comparableHeaders(headers: object): Record<string, unknown> {
  const { date, 'x-request-id': id, ...rest } = headers as Record<string, unknown>;
  return { ...rest, hasDate: date !== undefined && id !== 'never' };
}

const comparableBody = (text: string): string => text.replace(/"timestamp":"[^"]*"/g, '"timestamp":""');

const get: Client = ({ url }, method, path, onPiece) =>
  new Promise((resolve) => {
    const session = connect(url);
    session.on('error', () => undefined);
    const stream = session.request({ ':method': method, ':path': path });
    let headers: Record<string, unknown> = {};
    let body = '';
    let end = 'broken off';
    stream.on('response', (head) => (headers = { ...head }));
    stream.on('data', (piece: Buffer) => {
      body += piece.toString('latin1');
      onPiece?.(body);
    });
    stream.on('end', () => (end = 'end'));
    stream.on('error', (error: NodeJS.ErrnoException) => (end = String(error.code)));
    stream.on('close', () => {
      session.destroy();
      const { ':status': status, ...rest } = headers;
      const got = { headers: comparableHeaders(rest), body: comparableBody(body) };
      resolve({ status: status as number | undefined, ...got, end: `${end} ${stream.rstCode}` });
    });
    stream.end();
  });

const memory = new InMemoryAuditProvider();

@Controller('by-hand')
@Audited('thing_answer')
class ByHandController {
  constructor(@Inject('notes') private readonly notes: unknown[]) {}

  @All('node')
  node(@Query('do') behaviour: string, @Res() answer: FastifyReply): unknown {
    const raw: ServerResponse = answer.hijack().raw;
    raw.on('error', () => undefined); // a second end is an error event, which would else end the process
    return NODE_BEHAVIOURS[behaviour]?.(raw, (seen) => this.notes.push(seen), raw.req);
  }
}

const notes = { bare: [] as unknown[], audited: [] as unknown[] };
const controllers = [ByHandController, NestBehaviours];

@Module({ controllers, providers: [{ provide: 'notes', useValue: notes.bare }] })
class BareModule {}

function auditedModule(onFailure: 'open' | 'closed'): Type {
  @Module({
    imports: [AuditModule.forRoot({ spillDir: false, maxFailuresPerMinute: false, onFailure })],
    controllers,
    providers: [
      { provide: 'notes', useValue: notes.audited },
      ...(onFailure === 'open' ? [{ provide: InMemoryAuditProvider, useValue: memory }] : []),
      WaitingProvider,
    ],
  })
  class AuditedModule {}
  return AuditedModule;
}

async function listenWith(module: Type): Promise<ListeningApp> {
  const testing = await Test.createTestingModule({ imports: [module] }).compile();
  // Nest types the adapter by the server of HTTP/1.
  const adapter = new FastifyAdapter({ http2: true } as object);
  const app = testing.createNestApplication(adapter, { logger: false });
  await app.listen(0, '127.0.0.1');
  const { port } = (app.getHttpServer() as Server).address() as AddressInfo; // Node's, listening on a port
  return { app, url: `http://127.0.0.1:${port}` };
}

const nodePath = (behaviour: string): string => `/by-hand/node?do=${encodeURIComponent(behaviour)}`;

/** Over HTTP/2, the library gates other calls of Node. */
const COMPARED = [
  ...[
    'ends with a text',
    'ends without a body',
    'ends twice',
    'writes and ends',
    'writes in many turns',
    'answers 204',
  ],
  ...[
    'writes the head and ends',
    'flushes its headers first',
    'pipes a stream',
    'announces a length in its head and writes it',
  ],
];

const bare = await keptApp(listenWith(BareModule));
const audited = await keptApp(listenWith(auditedModule('open')));
const closed = await keptApp(listenWith(auditedModule('closed')));

describe('a response over HTTP/2', () => {
  beforeEach(() => {
    memory.clear();
    [waiting.stored, waiting.calls] = [Promise.resolve(), 0];
    notes.bare.length = 0;
    notes.audited.length = 0;
  });

  async function compare(method: string, path: string): Promise<void> {
    const expected = await get(bare, method, path);
    const seen = await get(audited, method, path);

    expect(seen).toEqual(expected);
    await eventually(() => recordedEnds(memory.events).length > 0 && notes.audited.length >= notes.bare.length);
    expect(notes.audited).toEqual(notes.bare);
    expect(recordedEnds(memory.events)).toHaveLength(1);
    if (seen.status !== undefined) expect(recordedEnds(memory.events)[0]?.request?.statusCode).toBe(seen.status);
  }

  it.each(COMPARED)('is what the bare one would have been, of a handler that %s', (behaviour) =>
    compare('GET', nodePath(behaviour)),
  );

  it.each(['ends with a text', 'answers 204'])(
    'is what the bare one would have been, of a HEAD of a handler that %s',
    (behaviour) => compare('HEAD', nodePath(behaviour)),
  );

  it.each(['text', 'forbidden', 'crash', 'filtered', 'denied', 'file'])(
    'is what the bare one would have been, of a route of Nest: %s',
    (path) => compare('GET', `/nest/${path}`),
  );

  it.each([
    ['GET', 'ends with a text'],
    ['GET', 'answers 204'],
    ['HEAD', 'ends with a text'],
    ['GET', 'writes and ends'],
    ['GET', 'writes in many turns'],
    ['GET', 'announces a length in its head and writes it'],
    ['GET', 'flushes the headers of an empty answer'],
  ])('to a %s is not complete before its event is stored, of a handler that %s', async (method, behaviour) => {
    let release: () => void = () => undefined;
    waiting.stored = new Promise((resolve) => (release = resolve));
    let isAnswered = false;
    let isComplete = false;
    const answer = get(audited, method, nodePath(behaviour), (text) => (isComplete = text.endsWith('5678')));
    void answer.then(() => (isAnswered = true));
    await eventually(() => waiting.calls > 0);
    for (let turn = 0; turn < 3; turn++) await get(audited, 'GET', '/nowhere'); // whatever was sent is here

    expect([isAnswered, isComplete]).toEqual([false, false]);
    release();
    await answer;
  });
});

describe('a closed response over HTTP/2 whose event can be stored nowhere', () => {
  afterEach(() => {
    waiting.stored = Promise.resolve();
  });

  it('of a guard is 503', async () => {
    waiting.stored = Promise.reject(new Error('the store is down'));
    waiting.stored.catch(() => undefined);
    const { status, headers, body } = await get(closed, 'GET', '/nest/denied');

    expect(status).toBe(503);
    expect(JSON.parse(body)).toMatchObject({ code: 'AUDIT_UNAVAILABLE' });
    expect(headers['content-length']).toBe(String(body.length));
  });
});
