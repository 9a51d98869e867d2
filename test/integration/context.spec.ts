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
import { AuditAggregator, AuditContext, Audited, AuditModule, type AuditModuleOptions } from '../../src/audit/index.js';
import { InMemoryAuditProvider } from '../../src/audit/testing/index.js';
import { ADAPTERS, keptApp, listen, onEach } from '../support/index.js';
import { requestIdOf } from '../support/request-ids.js';

const REQUESTS = 100;
const memory = new InMemoryAuditProvider();
const PROVIDED = { region: 'eu', level: 'provider', campaign: 'none' };
let metadataProvider = (): object => ({});

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
  constructor(@Inject(AuditAggregator) private readonly audit: AuditAggregator) {}

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
    await new Promise((resolve, reject) => {
      process.nextTick(() => void record('callback').then(resolve, reject));
    });
  }

  async order(): Promise<void> {
    await this.audit.record('stock_taken', { metadata: { shelf: 'A-1' } });
    const metadata = { ...AuditContext.current()?.metadata, shelf: 'B-2' };
    await AuditContext.run({ ...AuditContext.current(), metadata }, () => this.audit.record('stock_counted'));
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

  @Post('orders')
  @Audited('order_creation')
  async create(@Body() body: { campaign: string }): Promise<void> {
    AuditContext.set({ metadata: { campaign: body.campaign, password: 'hunter2' } });
    AuditContext.annotate({ metadata: { level: 'event' } });
    await this.journey.order();
  }

  @Get('unaudited')
  unaudited(): string {
    return 'seen';
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

function journeyModule(options: AuditModuleOptions): Type {
  @Module({
    imports: [AuditModule.forRoot(options)],
    controllers: [JourneyController],
    providers: [Journey, { provide: InMemoryAuditProvider, useValue: memory }],
  })
  class JourneyModule {}
  return JourneyModule;
}

const correlationHeader = 'X-Correlation-Id';
const start = async (options: AuditModuleOptions) =>
  onEach(ADAPTERS, (adapter) => keptApp(listen(journeyModule(options), adapter)));
const plain = await start({ metadataProvider: () => metadataProvider() as never });
const correlated = await start({ correlationHeader });
const proxied = await start({ correlationHeader, requestIdProxies: ['192.0.2.1'] });

beforeEach(() => {
  memory.clear();
  metadataProvider = () => ({});
});

const post = (url: string, body: object, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });

describe.each(plain)('the context of a request on $adapter', ({ url }) => {
  it(`is its own, among ${REQUESTS} at once, through timers, streams and bodies`, async () => {
    const numbers = Array.from({ length: REQUESTS }, (_, number) => number);
    const statuses = await Promise.all(
      numbers.map(async (number) => {
        const body = { number, padding: 'x'.repeat((number % 10) * 10_000) }; // some in several chunks
        const { status } = await post(`${url}/journeys`, body, {
          authorization: `user-${number}`,
          'x-request-id': requestIdOf(`req-${number}`),
          traceparent: `00-${traceOf(number)}-${'cd'.repeat(8)}-01`,
        });
        return status;
      }),
    );

    expect(new Set(statuses)).toEqual(new Set([201]));
    expect(memory.events).toHaveLength(REQUESTS * 6);
    for (const number of numbers) {
      const own = memory.events.filter(({ details }) => details.number === number);
      const stages = ['timer', 'turn', 'stream a', 'stream b', 'callback', 'journey'];
      expect(own.map(({ details, type }) => details.stage ?? type)).toEqual(stages);
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
    await fetch(`${url}/view`, {
      headers: {
        ...{ 'x-user-id': 'root', 'x-actor': 'root', 'x-tenant-id': 'acme', 'x-company-id': 'acme' },
        ...{ 'x-session-id': 's-1', 'x-forwarded-for': '203.0.113.7', 'x-real-ip': '203.0.113.7' },
        forwarded: 'for=203.0.113.7',
      },
    });
    expect(memory.events).toMatchObject([{ request: { ip: '127.0.0.1' } }]);
    expect(memory.events[0]?.actor).toEqual({ type: 'anonymous' });
    expect(memory.events[0]?.tenantId).toBeUndefined();
  });

  it('says by which credential the call was authenticated, and believes no token without a user', async () => {
    const headers = { authorization: 'Bearer opaque-1' };
    for (const path of ['view', 'by-key', 'without-credential']) await fetch(`${url}/${path}`, { headers });
    await fetch(`${url}/view`, { headers: { authorization: 'Bearer nobody' } });

    const hash = createHash('sha256').update('opaque-1').digest('hex').slice(0, 32);
    expect(memory.events.map(({ request }) => [request?.credentialId, request?.credentialKind])).toEqual([
      [hash, 'bearer'],
      ['key-1', 'api_key'],
      [undefined, undefined],
      [undefined, undefined],
    ]);
  });

  it('says for whom the actor acts, without another actor', async () => {
    await fetch(`${url}/impersonated`, { headers: { authorization: 'admin-1' } });
    expect(memory.events).toMatchObject([
      { actor: { type: 'user', id: 'admin-1', onBehalfOf: { type: 'user', id: '42' } } },
    ]);
  });

  it("has the metadata of metadataProvider, over them the request's, over them the event's, and not those of another", async () => {
    metadataProvider = () => PROVIDED;
    await post(`${url}/orders`, { campaign: 'spring' });
    await fetch(`${url}/view`);
    const ambient = { region: 'eu', campaign: 'spring', password: '[REDACTED]' };
    expect(memory.events.map(({ type, metadata }) => [type, metadata])).toEqual([
      ['stock_taken', { ...ambient, level: 'provider', shelf: 'A-1' }],
      ['stock_counted', { ...ambient, level: 'provider', shelf: 'B-2' }],
      ['order_created', { ...ambient, level: 'event' }],
      ['data_viewed', PROVIDED],
    ]);
  });

  it('marks metadata as missing whose provider throws, on an event that is there', async () => {
    metadataProvider = () => {
      throw new Error('no region');
    };
    expect((await fetch(`${url}/view`)).status).toBe(200);
    expect(memory.events).toMatchObject([{ metadata: { metadataIssue: 'provider_threw' } }]);
  });
});

const id = requestIdOf('correlated');
const GENERATED = /^[0-9a-f-]{36}$/;

describe.each(correlated)('the option correlationHeader on $adapter', ({ url, adapter }) => {
  it('names the header that a request id comes in and is sent back with', async () => {
    const headers = { 'x-correlation-id': id, 'x-request-id': requestIdOf('other') };
    const answer = await fetch(`${url}/view`, { headers });
    expect(answer.headers.get('x-correlation-id')).toBe(id);
    expect(answer.headers.get('x-request-id')).toBeNull();
    expect(memory.events).toMatchObject([{ request: { id }, metadata: {} }]);
  });

  it('is trusted as X-Request-Id is: by its shape', async () => {
    const answer = await fetch(`${url}/view`, { headers: { 'x-correlation-id': 'ada@example.com' } });
    const [event] = memory.events;
    expect(event?.metadata).toEqual({ clientRequestId: 'ada@example.com' });
    expect(event?.request?.id).toMatch(GENERATED);
    expect(answer.headers.get('x-correlation-id')).toBe(event?.request?.id);
  });

  it('is trusted as X-Request-Id is: from the proxies that are named', async () => {
    const other = proxied.find((each) => each.adapter === adapter);
    const answer = await fetch(`${other?.url}/view`, { headers: { 'x-correlation-id': id } });
    expect(memory.events).toMatchObject([{ metadata: { clientRequestId: id } }]);
    expect(answer.headers.get('x-correlation-id')).not.toBe(id);
  });

  it('is in every response if the option is set, also in those that were refused before their route', async () => {
    for (const path of ['unaudited', 'missing'])
      expect((await fetch(`${url}/${path}`)).headers.get('x-correlation-id')).toMatch(GENERATED);
    const headers = { 'content-type': 'application/json', 'x-correlation-id': id };
    const answer = await fetch(`${url}/orders`, { method: 'POST', headers, body: '{' });
    expect([answer.status, answer.headers.get('x-correlation-id')]).toEqual([400, id]);
    expect(memory.events).toMatchObject([{ type: 'order_creation_failed', request: { id } }]);
  });

  it('is, by default, in the responses of audited routes, and in responses to requests with the header', async () => {
    const base = plain.find((each) => each.adapter === adapter)?.url;
    const idIn = async (path: string, headers = {}) =>
      (await fetch(`${base}/${path}`, { headers })).headers.get('x-request-id');
    const generated = await idIn('view');
    expect(generated).toMatch(GENERATED);
    expect(memory.events).toMatchObject([{ request: { id: generated } }]);
    for (const path of ['unaudited', 'missing'])
      expect([await idIn(path), await idIn(path, { 'x-request-id': id })]).toEqual([null, id]);
  });
});

it.each(ADAPTERS)(
  'an address behind a proxy is taken from x-forwarded-for on %s, where the application trusts its proxy',
  async (adapter) => {
    const testing = await Test.createTestingModule({ imports: [journeyModule({})] }).compile();
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
