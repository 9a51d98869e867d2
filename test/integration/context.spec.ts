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
import { AuditAggregator, AuditContext, Audited, AuditModule, type AuditModuleOptions } from '../../src/audit/index.js';
import { InMemoryAuditProvider } from '../../src/audit/testing/index.js';
import { ADAPTERS, keptApp, listen, closeEach } from '../support/index.js';
import { getRequestId } from '../support/request-ids.js';

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
  closeEach(ADAPTERS, (adapter) => keptApp(listen(journeyModule(options), adapter)));
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
          'x-request-id': getRequestId(`req-${number}`),
          traceparent: `00-${buildTraceId(number)}-${'cd'.repeat(8)}-01`,
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
          request: {
            id: getRequestId(`req-${number}`),
            traceId: buildTraceId(number),
            method: 'POST',
            route: '/journeys',
          },
        });
      }
      expect(own.at(-1)?.metadata).toEqual({ annotated: number });
    }
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
});

const id = getRequestId('correlated');
const GENERATED = /^[0-9a-f-]{36}$/;
const CLIENT = { 'x-user-id': 'root', 'x-actor': 'root', 'x-tenant-id': 'acme', 'x-company-id': 'acme' };
const PROXY = { 'x-forwarded-for': '203.0.113.7', 'x-real-ip': '203.0.113.7', forwarded: 'for=203.0.113.7' };
const NOBODY = { actor: { type: 'anonymous' }, tenantId: undefined, ip: '127.0.0.1' };
const BEARER = { authorization: 'Bearer opaque-1' };
const CREDENTIAL = createHash('sha256').update('opaque-1').digest('hex').slice(0, 32);
const NO_CREDENTIAL = { credentialId: undefined, credentialKind: undefined };
const ADMIN = { type: 'user', id: 'admin-1', onBehalfOf: { type: 'user', id: '42' } };

/** `sent` is the response's header, and `fields` are of the one event. */
type Row = readonly [
  app: 'plain' | 'correlated' | 'proxied',
  path: string,
  headers: Record<string, string>,
  sent: unknown,
  fields: object | undefined,
];
const ROWS: readonly Row[] = [
  ['plain', 'view', { ...CLIENT, ...PROXY, 'x-session-id': 's-1' }, GENERATED, NOBODY],
  ['plain', 'view', BEARER, GENERATED, { credentialId: CREDENTIAL, credentialKind: 'bearer' }],
  ['plain', 'by-key', BEARER, GENERATED, { credentialId: 'key-1', credentialKind: 'api_key' }],
  ['plain', 'without-credential', BEARER, GENERATED, NO_CREDENTIAL],
  ['plain', 'view', { authorization: 'Bearer nobody' }, GENERATED, NO_CREDENTIAL],
  ['plain', 'impersonated', { authorization: 'admin-1' }, GENERATED, { actor: ADMIN }],
  ['plain', 'unaudited', {}, null, undefined],
  ['plain', 'missing', {}, null, undefined],
  ['plain', 'unaudited', { 'x-request-id': id }, id, undefined],
  ['plain', 'missing', { 'x-request-id': id }, id, undefined],
  ['correlated', 'view', { 'x-correlation-id': id, 'x-request-id': getRequestId('other') }, id, { metadata: {} }],
  ['correlated', 'view', { 'x-correlation-id': 'a@b.c' }, GENERATED, { metadata: { clientRequestId: 'a@b.c' } }],
  ['proxied', 'view', { 'x-correlation-id': id }, GENERATED, { metadata: { clientRequestId: id } }],
  ['correlated', 'unaudited', {}, GENERATED, undefined],
  ['correlated', 'missing', {}, GENERATED, undefined],
];

describe.each(ADAPTERS)('the actor, the address and the id of a request on %s', (adapter) => {
  const buildUrl = (app: Row[0]) => ({ plain, correlated, proxied })[app].find((each) => each.adapter === adapter)?.url;

  it.each(ROWS)('of the application %s, to %s with %j', async (app, path, headers, sent, fields) => {
    const answer = await fetch(`${buildUrl(app)}/${path}`, { headers });
    const seen = answer.headers.get(app === 'plain' ? 'x-request-id' : 'x-correlation-id');
    expect(seen).toEqual(sent === GENERATED ? expect.stringMatching(GENERATED) : sent);
    if (app !== 'plain') expect(answer.headers.get('x-request-id')).toBeNull();
    const [event] = memory.events;
    expect(event?.request?.id).toBe(fields && seen);
    if (event && fields)
      expect({ ...NO_CREDENTIAL, tenantId: undefined, ...event, ...event.request }).toMatchObject(fields);
    if (fields === NOBODY) expect(event?.actor).toEqual(NOBODY.actor);
  });

  it('is sent back with what is refused before its route', async () => {
    const headers = { 'content-type': 'application/json', 'x-correlation-id': id };
    const answer = await fetch(`${buildUrl('correlated')}/orders`, { method: 'POST', headers, body: '{' });
    expect([answer.status, answer.headers.get('x-correlation-id')]).toEqual([400, id]);
    expect(memory.events).toMatchObject([{ type: 'order_creation_failed', request: { id } }]);
  });
});

it('an address behind a proxy is taken from x-forwarded-for where the application trusts its proxy', async () => {
  const { app, url } = await listen(journeyModule({}), 'express', (given) =>
    (given as NestExpressApplication).set('trust proxy', true),
  );
  for (const forwarded of ['203.0.113.7', '::ffff:203.0.113.7', '2001:db8::7', 'unknown'])
    await fetch(`${url}/view`, { headers: { 'x-forwarded-for': forwarded } });
  await app.close();
  const addresses = ['203.0.113.7', '203.0.113.7', '2001:db8::7', undefined];
  expect(memory.events.map(({ request }) => request?.ip)).toEqual(addresses);
});

function buildTraceId(number: number): string {
  return (number + 1).toString(16).padStart(32, '0');
}
