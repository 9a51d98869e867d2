import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  Controller,
  Get,
  Module,
  Post,
  Query,
  Req,
  Res,
  Sse,
  StreamableFile,
  type INestApplication,
  type MessageEvent,
} from '@nestjs/common';
import type { Response } from 'express';
import { startWith, Subject, type Observable } from 'rxjs';
import type { FastifyReply } from 'fastify';
import { Audited, AuditModule, NotAudited } from '../../src/audit/index.js';
import { InMemoryAuditProvider } from '../../src/audit/testing/index.js';
import { ADAPTERS, eventually, listen, keptApp, closeEach } from '../support/index.js';
import { NODE_BEHAVIOURS } from '../support/waiting/node-behaviours.js';
import { waiting, WaitingProvider } from '../support/waiting/waiting-provider.js';
import { requestText } from '../support/waiting/raw-client.js';

const FILE = fileURLToPath(new URL('../../LICENSE', import.meta.url));
const memory = new InMemoryAuditProvider();
let release: () => void = () => undefined;
let end: () => void = () => undefined;

@Controller()
class HeldController {
  @Get('waiting')
  @Audited('thing_answer')
  waiting(@Query('do') behaviour: string, @Res() answer: ServerResponse | FastifyReply): unknown {
    const raw = 'hijack' in answer ? answer.hijack().raw : answer;
    return NODE_BEHAVIOURS[behaviour]?.(raw, () => undefined, raw.req);
  }

  @Get('file')
  @Audited('file_download')
  file(@Res() answer: Response): void {
    answer.sendFile(FILE);
  }

  @Post('upload')
  @Audited('file_upload')
  async upload(@Req() request: IncomingMessage): Promise<void> {
    await once(request, 'close');
    throw new Error('Request aborted'); // like multer
  }

  @Get('silent')
  @Audited('thing_wait')
  silent(@Res() answer: object): void {
    if ('setHeader' in answer || 'raw' in answer) waiting.calls++; // and never answers
  }

  @Get('past')
  @Audited('thing_answer')
  past(@Res() answer: ServerResponse | FastifyReply): void {
    const { socket } = 'hijack' in answer ? answer.hijack().raw : answer;
    socket?.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n');
    socket?.end('ok');
  }

  @Get('other')
  @NotAudited('a probe')
  other(): string {
    return 'other';
  }
}

@Controller('streams')
@Audited('report_reading')
class StreamController {
  @Sse('events')
  events(): Observable<MessageEvent> {
    const events = new Subject<MessageEvent>();
    end = () => events.complete();
    return events.pipe(startWith({ data: 'first' }));
  }

  @Get('file')
  file(): StreamableFile {
    const content = new PassThrough();
    content.write('x'.repeat(100_000));
    end = () => content.end();
    return new StreamableFile(content);
  }

  @Get('file-of-length')
  fileOfLength(): StreamableFile {
    const content = new PassThrough();
    content.write('first');
    end = () => content.end('second');
    return new StreamableFile(content, { length: 11 });
  }

  @Get('by-hand')
  byHand(@Res() answer: ServerResponse | FastifyReply): void {
    const response = 'hijack' in answer ? answer.hijack().raw : answer;
    response.write('first');
    end = () => response.end('second');
  }
}

@Module({
  imports: [AuditModule.forRoot({ spillDir: false })],
  controllers: [HeldController, StreamController],
  providers: [WaitingProvider, { provide: InMemoryAuditProvider, useValue: memory }],
})
class HeldModule {}

/** Changes the method of a request, like the package method-override. */
function overrideMethod(app: INestApplication): void {
  app.use((request: IncomingMessage, _response: unknown, next: () => void) => {
    if (request.url?.includes('as=HEAD') === true) request.method = 'HEAD';
    next();
  });
}

function isComplete(answer: string): boolean {
  const end = answer.indexOf('\r\n\r\n');
  if (end < 0) return false;
  const head = answer.slice(0, end);
  const body = answer.slice(end + 4);
  const length = /content-length: (\d+)/i.exec(head)?.[1];
  if (head.includes(' 204 ')) return true;
  return length === undefined ? body.endsWith('0\r\n\r\n') : body.length >= Number(length);
}

describe.each(await closeEach(ADAPTERS, (adapter) => keptApp(listen(HeldModule, adapter, overrideMethod))))(
  'no client sees the end of an answer before its event is stored, on $adapter',
  (listening) => {
    const { adapter } = listening;
    beforeEach(() => {
      memory.clear();
      waiting.calls = 0;
      waiting.stored = new Promise((resolve) => (release = resolve));
    });

    const open = (path: string): { readonly bytes: () => string; readonly leave: () => void } => {
      let bytes = '';
      const { hostname, port } = new URL(listening.url);
      const socket = connect(Number(port), hostname, () => socket.write(requestText('GET', path)));
      socket.on('error', () => undefined).on('data', (piece) => (bytes += piece.toString('latin1')));
      return { bytes: () => bytes, leave: () => socket.destroy() };
    };

    async function expectWaiting(path: string): Promise<void> {
      const client = open(path);
      await eventually(() => waiting.calls > 0);
      for (let turn = 0; turn < 3; turn++) await (await fetch(`${listening.url}/other`)).text(); // whatever was sent is here
      expect(isComplete(client.bytes())).toBe(false);
      release();
      await eventually(() => isComplete(client.bytes()));
    }

    it.each([
      'ends with a text',
      'writes and ends',
      'writes in many turns',
      'flushes the headers of an empty answer',
      'flushes the headers of a length of zero',
      'pipes a stream',
      'pipes a stream of known length',
      'announces a length in its head and writes it',
      'writes its whole length long before it ends',
      'sends a head, then changes the status',
      'sends events with a length',
      'sends events without a length',
      'ends, then destroys',
    ])('a handler that %s', async (behaviour) => {
      await expectWaiting(`/waiting?do=${encodeURIComponent(behaviour)}`);
    });

    it.each(['events', 'file', 'file-of-length', 'by-hand'])(
      'a stream is not seen by its client before it is stored that it began: %s',
      async (route) => {
        let isSeen = false;
        const leaving = new AbortController();
        const started = fetch(`${listening.url}/streams/${route}`, { signal: leaving.signal }).then((answer) => {
          isSeen = true;
          return answer;
        });
        await eventually(() => waiting.calls > 0);
        await eventually(() => memory.events.length > 0);
        expect(memory.events).toMatchObject([
          { type: 'report_reading_attempted', reason: 'response_started', request: { statusCode: 200 } },
        ]);
        expect(isSeen).toBe(false);

        release();
        const reader = (await started).body?.getReader();
        expect((await reader?.read())?.done).toBe(false);
        end();
        await eventually(() => memory.events.length > 1);
        expect(memory.events.map(({ outcome }) => outcome)).toEqual(['attempted', 'success']);
        while (route !== 'events' && (await reader?.read())?.done === false); // Nest keeps those open
        leaving.abort();
      },
    );

    if (adapter === 'express') {
      it('a file', () => expectWaiting('/file'));

      it('a body whose request is now called HEAD', async () => {
        await expectWaiting(`/waiting?as=HEAD&do=${encodeURIComponent('writes its whole length long before it ends')}`);
      });

      it('and an upload that its client breaks off is recorded with the departure', async () => {
        release();
        const { hostname, port } = new URL(listening.url);
        const socket = connect(Number(port), hostname);
        socket.write(requestText('POST', '/upload', { 'content-length': '100' }), () => socket.destroy());
        await eventually(() => memory.events.length > 0);
        expect(memory.events).toMatchObject([{ outcome: 'failure', metadata: { clientDisconnected: true } }]);
      });
    }

    it('a handler that writes to the connection itself has its event when that closes', async () => {
      release();
      const client = open('/past');
      await eventually(() => isComplete(client.bytes()));
      await eventually(() => memory.events.length > 0);
      expect(memory.events).toMatchObject([
        { type: 'thing_answer_attempted', reason: 'outcome_unknown', metadata: {} },
      ]);
    });

    it('a handler that never answers a client that leaves has no known end', async () => {
      release();
      const stopping = await listen(HeldModule, adapter);
      const { hostname, port } = new URL(stopping.url);
      const socket = connect(Number(port), hostname, () => socket.write(requestText('GET', '/silent')));
      socket.on('error', () => undefined);
      await eventually(() => waiting.calls > 0);
      socket.destroy();
      await stopping.app.close();

      expect(memory.events).toHaveLength(1);
      expect(memory.events[0]).toMatchObject({ type: 'thing_wait_attempted', reason: 'outcome_unknown' });
      expect(memory.events[0]?.request?.statusCode).toBeUndefined();
    });
  },
);
