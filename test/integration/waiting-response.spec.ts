import type { IncomingMessage, ServerResponse } from 'node:http';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { All, Controller, Inject, Module, Query, Req, Res, type INestApplication } from '@nestjs/common';
import compression from 'compression';
import type { FastifyReply } from 'fastify';
import type { Request, Response } from 'express';
import { Audited, AuditModule } from '../../src/audit/index.js';
import { InMemoryAuditProvider } from '../../src/audit/testing/index.js';
import { ADAPTERS, eventually, listen, keptApp, closeEach } from '../support/index.js';
import { EXPRESS_BEHAVIOURS, FASTIFY_BEHAVIOURS } from '../support/waiting/framework-behaviours.js';
import { NEST_PATHS, NestBehaviours } from '../support/waiting/nest-behaviours.js';
import { NODE_BEHAVIOURS } from '../support/waiting/node-behaviours.js';
import { recordedEnds } from '../support/waiting/recorded-ends.js';
import { comparable, exchange, requestText, parseStatus } from '../support/waiting/raw-client.js';

const memory = new InMemoryAuditProvider();
const NOTES = 'notes';

@Controller('by-hand')
@Audited('thing_answer')
class ByHandController {
  constructor(@Inject(NOTES) private readonly notes: unknown[]) {}

  @All('node')
  node(@Query('do') behaviour: string, @Res() answer: ServerResponse | FastifyReply, @Req() request: unknown): unknown {
    const raw = 'hijack' in answer ? answer.hijack().raw : answer;
    const incoming = (request as { raw?: IncomingMessage }).raw ?? (request as IncomingMessage); // Fastify's, Express's
    raw.on('error', () => undefined); // a second end is an error event, which would else end the process
    return NODE_BEHAVIOURS[behaviour]?.(raw, (seen) => this.notes.push(seen), incoming);
  }

  @All('express')
  express(@Query('do') behaviour: string, @Res() response: Response, @Req() request: Request): unknown {
    return EXPRESS_BEHAVIOURS[behaviour]?.(response, (seen) => this.notes.push(seen), request);
  }

  @All('fastify')
  fastify(@Query('do') behaviour: string, @Res() reply: FastifyReply): unknown {
    return FASTIFY_BEHAVIOURS[behaviour]?.(reply, (seen) => this.notes.push(seen));
  }
}

const notes = { bare: [] as unknown[], audited: [] as unknown[] };
const controllers = [ByHandController, NestBehaviours];

@Module({ controllers, providers: [{ provide: NOTES, useValue: notes.bare }] })
class BareModule {}

@Module({
  imports: [AuditModule.forRoot({ spillDir: false })],
  controllers,
  providers: [
    { provide: NOTES, useValue: notes.audited },
    { provide: InMemoryAuditProvider, useValue: memory },
  ],
})
class AuditedModule {}

function prepare(app: INestApplication): void {
  app.use(compression({ threshold: 0, filter: ({ url }: { url?: string }) => url?.includes('gzip') ?? false }));
}

const scenes = await closeEach(ADAPTERS, async (adapter) => {
  const bare = await keptApp(listen(BareModule, adapter, prepare));
  const audited = await keptApp(listen(AuditedModule, adapter, prepare));
  return { bare, audited };
});

describe.each(scenes)(
  'a response that waits is what the bare one would have been, on $adapter',
  ({ bare, audited, adapter }) => {
    beforeEach(() => {
      memory.clear();
      notes.bare.length = 0;
      notes.audited.length = 0;
    });

    async function compare(text: string, until?: string): Promise<number | undefined> {
      const expected = comparable(await exchange(bare.url, text, until));
      const seen = comparable(await exchange(audited.url, text, until));
      expect(seen).toBe(expected);
      await eventually(() => recordedEnds(memory.events).length > 0 && notes.audited.length >= notes.bare.length);
      expect(notes.audited).toEqual(notes.bare);
      expect(recordedEnds(memory.events)).toHaveLength(1);
      const status = parseStatus(seen);
      expect(recordedEnds(memory.events)[0]?.request?.statusCode).toBe(status);
      return status;
    }

    const expectOutcome = (status: number | undefined): void => {
      const denied = status === 401 || status === 403;
      const outcomes =
        status === undefined || status >= 400 ? (denied ? ['denied', 'failure'] : ['failure']) : ['success'];
      expect(outcomes).toContain(recordedEnds(memory.events)[0]?.outcome);
    };

    /** The others differ from these neither without a body nor without chunks. */
    const OF_EACH_FORM = Object.keys(NODE_BEHAVIOURS).filter((name) =>
      /^(ends with a text|ends without|ends twice|writes and ends|answers 204|announces a length|flushes|pipes a stream of)/.test(
        name,
      ),
    );
    const BROKEN_OFF = /^(destroys|pipes a stream that fails|announces more)/;

    it.each(Object.keys(NODE_BEHAVIOURS))('a handler that %s', async (behaviour) => {
      const status = await compare(requestText('GET', `/by-hand/node?do=${encodeURIComponent(behaviour)}`));

      if (BROKEN_OFF.test(behaviour)) {
        expect(recordedEnds(memory.events)[0]).toMatchObject({ outcome: 'failure', reason: 'response_aborted' });
      } else expectOutcome(status);
    });

    it.each(OF_EACH_FORM)('a HEAD of a handler that %s', async (behaviour) => {
      await compare(requestText('HEAD', `/by-hand/node?do=${encodeURIComponent(behaviour)}`));
    });

    it.each(OF_EACH_FORM)('HTTP/1.0 with a handler that %s', async (behaviour) => {
      await compare(requestText('GET', `/by-hand/node?do=${encodeURIComponent(behaviour)}`, {}, '1.0'));
    });

    it.each(['ends with a text', 'writes and ends', 'pipes a stream', 'announces a length in its head and writes it'])(
    'compression of a handler that %s',
    async (behaviour) => {
      const path = `/by-hand/node?gzip&do=${encodeURIComponent(behaviour)}`;
      await compare(requestText('GET', path, { 'accept-encoding': 'gzip' }));
    },
  ); // prettier-ignore

    it.each(Object.keys(adapter === 'express' ? EXPRESS_BEHAVIOURS : FASTIFY_BEHAVIOURS))(
      'a handler whose framework %s',
      async (behaviour) => {
        const path = `/by-hand/${adapter}?do=${encodeURIComponent(behaviour)}`;
        const status = await compare(requestText('GET', path, { 'if-none-match': '"tag"' }));
        if (behaviour !== 'sends a stream that fails later') expectOutcome(status);
        else expect(recordedEnds(memory.events)[0]?.outcome).toBe('failure');
      },
    );

    it.each(NEST_PATHS)('a route of Nest: %s', async (path) => {
      const status = await compare(
        requestText('GET', `/nest/${path}`),
        path.startsWith('events') ? '0\r\n\r\n' : undefined, // Nest keeps their connection open
      );

      if (path === 'file-that-breaks') expect(recordedEnds(memory.events)[0]?.outcome).toBe('failure');
      else if (!path.startsWith('filtered') && !path.startsWith('events-that')) expectOutcome(status);
    });

    it('a HEAD of routes of Nest', async () => {
      for (const path of ['text', 'head', 'file', 'forbidden', 'no-content']) {
        memory.clear();
        await compare(requestText('HEAD', `/nest/${path}`));
      }
    });

    it('requests that a client sends without waiting for the answers', async () => {
      const path = (behaviour: string): string => `/by-hand/node?do=${encodeURIComponent(behaviour)}`;
      const open = { connection: 'keep-alive' };
      const text =
        requestText('GET', path('answers from a callback'), open) +
        requestText('GET', path('ends with a text'), open) +
        requestText('GET', path('writes its whole length long before it ends'), open) +
        requestText('GET', path('pipes a stream of known length'), open) +
        requestText('HEAD', path('ends with a text'), open) +
        requestText('GET', path('writes in many turns'));
      const expected = comparable(await exchange(bare.url, text));

      expect(comparable(await exchange(audited.url, text))).toBe(expected);
      expect(expected.split('HTTP/1.1 200 OK')).toHaveLength(7);
      expect(recordedEnds(memory.events).map(({ outcome }) => outcome)).toEqual(Array(6).fill('success'));
    });
  },
);
