import { PassThrough } from 'node:stream';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Get, Module, Res, Sse, StreamableFile, type MessageEvent } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { ServerResponse } from 'node:http';
import { Subject, startWith, type Observable } from 'rxjs';
import { Audited, AuditModule, AuditProvider, type AuditEvent } from '../../src/audit/index.js';
import { ADAPTERS, eventually, listen, keptApp, onEach } from '../support/index.js';

@AuditProvider({ backend: 'slow' })
class SlowProvider implements AuditProvider {
  readonly asked: AuditEvent[] = [];
  store: () => void = () => undefined;
  private stored = Promise.resolve();

  hold(): void {
    this.asked.length = 0;
    this.stored = new Promise((resolve) => (this.store = resolve));
  }

  async record(batch: readonly AuditEvent[]): Promise<void> {
    this.asked.push(...batch);
    await this.stored;
  }
}

const slow = new SlowProvider();
let end: () => void = () => undefined;

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
  controllers: [StreamController],
  providers: [{ provide: SlowProvider, useValue: slow }],
})
class StreamModule {}

describe.each(await onEach(ADAPTERS, (adapter) => keptApp(listen(StreamModule, adapter))))(
  'a streamed answer on $adapter',
  (running) => {
    beforeEach(() => slow.hold());

    it.each(['events', 'file', 'file-of-length', 'by-hand'])(
      'is not seen by its client before it is stored that it began: %s',
      async (route) => {
        let isSeen = false;
        const leaving = new AbortController();
        const begun = fetch(`${running.url}/streams/${route}`, { signal: leaving.signal }).then((answer) => {
          isSeen = true;
          return answer;
        });
        await eventually(() => slow.asked.length > 0);
        expect(slow.asked).toMatchObject([{ type: 'report_reading_attempted', reason: 'answer_begun' }]);
        expect(slow.asked[0]?.request?.statusCode).toBe(200);
        expect(isSeen).toBe(false);

        slow.store();
        const reader = (await begun).body?.getReader();
        expect((await reader?.read())?.done).toBe(false);
        end();
        await eventually(() => slow.asked.length > 1);
        expect(slow.asked.map(({ outcome }) => outcome)).toEqual(['attempted', 'success']);
        while (route !== 'events' && (await reader?.read())?.done === false); // Nest keeps those open
        leaving.abort();
      },
    );
  },
);
