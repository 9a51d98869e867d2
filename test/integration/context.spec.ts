import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  Body,
  Controller,
  Get,
  Inject,
  Injectable,
  Module,
  Post,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
  type Type,
} from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AuditAggregator, AuditContext, Audited, AuditModule } from '../../src/audit/index.js';
import { InMemoryAuditProvider } from '../../src/audit/testing/index.js';
import { ADAPTERS, listen, testDatabase, keptApp, onEach } from '../support/index.js';
import { requestIdOf } from '../support/request-ids.js';
import { runs } from '../support/whole.js';

const REQUESTS = runs(300);
const memory = new InMemoryAuditProvider();

@Injectable()
class SlowGuard implements CanActivate {
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<{ headers: Record<string, string>; user?: object }>();
    const id = request.headers.authorization ?? '';
    await pause((Number(id.slice(-1)) || 0) % 5);
    if (id !== '' && !id.endsWith('nobody')) request.user = { id, tenantId: `tenant-of-${id}` };
    return true;
  }
}

@Injectable()
class Journey {
  constructor(
    @Inject(AuditAggregator) private readonly audit: AuditAggregator,
    @Inject(DataSource) private readonly database: DataSource,
  ) {}

  async through(number: number): Promise<void> {
    const record = async (stage: string): Promise<void> => {
      await this.audit.record('stage_reached', { details: { stage, number } });
    };
    await pause(number % 7);
    await record('timer');
    await nextTurn();
    await record('turn');
    await pipeline(Readable.from(['a', 'b']), async (chunks: AsyncIterable<string>) => {
      for await (const chunk of chunks) await record(`stream ${chunk}`);
    });
    await this.database.transaction(async (manager) => {
      await manager.query('SELECT pg_sleep(0.001)');
      await record('transaction');
    });
    await new Promise((resolve, reject) => {
      process.nextTick(() => void record('callback').then(resolve, reject));
    });
  }
}

@Controller()
@UseGuards(SlowGuard)
class JourneyController {
  constructor(@Inject(Journey) private readonly journey: Journey) {}

  @Post('journeys')
  @Audited<unknown, [{ number: number }]>('journey', { details: ({ args: [{ number }] }) => ({ number }) })
  async travel(@Body() body: { number: number; padding: string }): Promise<void> {
    AuditContext.annotate({ metadata: { annotated: body.number } });
    await this.journey.through(body.number);
  }

  @Get('view')
  @Audited('data_view')
  view(): string {
    return 'seen';
  }

  @Get('by-key')
  @Audited('data_view')
  byKey(): string {
    AuditContext.set({ credentialId: 'key-1', credentialKind: 'api_key' });
    return 'seen';
  }

  @Get('without-credential')
  @Audited('data_view')
  withoutCredential(): string {
    AuditContext.set({ credentialId: undefined });
    return 'seen';
  }

  @Get('impersonated')
  @Audited('data_view')
  impersonated(): string {
    AuditContext.set({ onBehalfOf: { type: 'user', id: 42 } });
    return 'seen';
  }
}

function journeyModule(url: string): Type {
  @Module({
    imports: [AuditModule.forRoot(), TypeOrmModule.forRoot({ type: 'postgres', url, poolSize: 5 })],
    controllers: [JourneyController],
    providers: [Journey, { provide: InMemoryAuditProvider, useValue: memory }],
  })
  class JourneyModule {}
  return JourneyModule;
}
const database = await testDatabase({ empty: true });
beforeEach(() => memory.clear());

describe.each(await onEach(ADAPTERS, (adapter) => keptApp(listen(journeyModule(database.url), adapter))))(
  'the context of a request on $adapter',
  (listening) => {
    it(`is its own, among ${REQUESTS} at once, through timers, streams, bodies and transactions`, async () => {
      const numbers = Array.from({ length: REQUESTS }, (_, number) => number);
      const statuses = await Promise.all(
        numbers.map(async (number) => {
          const response = await fetch(`${listening.url}/journeys`, {
            method: 'POST',
            headers: {
              'content-type': 'application/json',
              authorization: `user-${number}`,
              'x-request-id': requestIdOf(`req-${number}`),
              traceparent: `00-${traceOf(number)}-${'cd'.repeat(8)}-01`,
            },
            body: JSON.stringify({ number, padding: 'x'.repeat((number % 10) * 10_000) }), // some in several chunks
          });
          return response.status;
        }),
      );

      expect(new Set(statuses)).toEqual(new Set([201]));
      expect(memory.events).toHaveLength(REQUESTS * 7);
      for (const number of numbers) {
        const own = memory.events.filter(({ details }) => details.number === number);
        expect(own.map(({ details, type }) => details.stage ?? type)).toEqual([
          'timer',
          'turn',
          'stream a',
          'stream b',
          'transaction',
          'callback',
          'journey',
        ]);
        for (const event of own) {
          expect(event).toMatchObject({
            actor: { type: 'user', id: `user-${number}` },
            tenantId: `tenant-of-user-${number}`,
            request: { id: requestIdOf(`req-${number}`), traceId: traceOf(number), method: 'POST', route: '/journeys' },
          });
        }
        expect(own.at(-1)?.metadata).toEqual({ annotated: number });
      }
    });

    it('says who it is by the guards alone: nothing that a client sends makes an actor, a tenant or an address', async () => {
      await fetch(`${listening.url}/view`, {
        headers: {
          'x-user-id': 'root',
          'x-actor': 'root',
          'x-tenant-id': 'acme',
          'x-company-id': 'acme',
          'x-session-id': 's-1',
          'x-forwarded-for': '203.0.113.7',
          'x-real-ip': '203.0.113.7',
          forwarded: 'for=203.0.113.7',
        },
      });

      expect(memory.events).toMatchObject([{ actor: { type: 'anonymous' }, request: { ip: '127.0.0.1' } }]);
      expect(memory.events[0]?.actor).toEqual({ type: 'anonymous' });
      expect(memory.events[0]?.tenantId).toBeUndefined();
    });

    it('says by which credential the call was authenticated, and believes no token without a user', async () => {
      const withTokenOf = (path: string) =>
        fetch(`${listening.url}/${path}`, { headers: { authorization: 'Bearer opaque-1' } });
      await withTokenOf('view');
      await withTokenOf('by-key');
      await withTokenOf('without-credential');
      await fetch(`${listening.url}/view`, { headers: { authorization: 'Bearer nobody' } });

      const hash = createHash('sha256').update('opaque-1').digest('hex').slice(0, 32);
      expect(memory.events.map(({ request }) => [request?.credentialId, request?.credentialKind])).toEqual([
        [hash, 'bearer'],
        ['key-1', 'api_key'],
        [undefined, undefined],
        [undefined, undefined],
      ]);
    });

    it('says for whom the actor acts, without another actor', async () => {
      await fetch(`${listening.url}/impersonated`, { headers: { authorization: 'admin-1' } });

      expect(memory.events).toMatchObject([
        { actor: { type: 'user', id: 'admin-1', onBehalfOf: { type: 'user', id: '42' } } },
      ]);
    });
  },
);

it.each(ADAPTERS)(
  'an address behind a proxy is taken from x-forwarded-for on %s, where the application trusts its proxy',
  async (adapter) => {
    const testing = await Test.createTestingModule({ imports: [journeyModule(database.url)] }).compile();
    const app =
      adapter === 'fastify'
        ? testing.createNestApplication(new FastifyAdapter({ trustProxy: true }), { logger: false })
        : testing.createNestApplication<NestExpressApplication>({ logger: false });
    if (adapter === 'express') (app as NestExpressApplication).set('trust proxy', true); // as it is Express's
    await app.listen(0, '127.0.0.1');
    try {
      for (const forwarded of ['203.0.113.7', '::ffff:203.0.113.7', '2001:db8::7', 'unknown'])
        await fetch(`${await app.getUrl()}/view`, { headers: { 'x-forwarded-for': forwarded } });
    } finally {
      await app.close();
    }
    const addresses = ['203.0.113.7', '203.0.113.7', '2001:db8::7', undefined];
    expect(memory.events.map(({ request }) => request?.ip)).toEqual(addresses);
  },
);

function traceOf(number: number): string {
  return (number + 1).toString(16).padStart(32, '0');
}
