import { afterEach, describe, expect, it } from '@jest/globals';
import { Body, Controller, Get, Inject, Injectable, Module, Post } from '@nestjs/common';
import {
  AuditAggregator,
  AuditContext,
  Audited,
  AuditModule,
  type AuditEvent,
  type AuditModuleOptions,
} from '../../src/audit/index.js';
import { InMemoryAuditProvider } from '../../src/audit/testing/index.js';
import { ADAPTERS, MAIN_ADAPTERS, listen, type Adapter, type ListeningApp } from '../support/http-app.js';
import { requestIdOf } from '../support/request-ids.js';

@Injectable()
class Stock {
  constructor(@Inject(AuditAggregator) private readonly audit: AuditAggregator) {}

  async take(): Promise<void> {
    await this.audit.record('stock_taken', { metadata: { shelf: 'A-1' } });
    const metadata = { ...AuditContext.current()?.metadata, shelf: 'B-2' };
    await AuditContext.run({ ...AuditContext.current(), metadata }, () => this.audit.record('stock_counted'));
  }
}

@Controller('orders')
class OrdersController {
  constructor(@Inject(Stock) private readonly stock: Stock) {}

  @Post()
  @Audited('order_creation')
  async create(@Body() body: { campaign: string }): Promise<void> {
    AuditContext.set({ metadata: { campaign: body.campaign, password: 'hunter2' } });
    AuditContext.annotate({ metadata: { level: 'event' } });
    await this.stock.take();
  }

  @Get()
  @Audited('data_view')
  view(): void {
    // nothing to say
  }

  @Get('unaudited')
  unaudited(): void {
    // nothing to say
  }
}

let listening: ListeningApp | undefined;
afterEach(() => listening?.app.close());

async function start(adapter: Adapter, options: AuditModuleOptions) {
  @Module({
    imports: [AuditModule.forRoot(options)],
    controllers: [OrdersController],
    providers: [Stock, InMemoryAuditProvider],
  })
  class OrdersModule {}
  const { app, url } = (listening = await listen(OrdersModule, adapter));
  return { url, recorded: (): readonly AuditEvent[] => app.get(InMemoryAuditProvider).events };
}

const order = (url: string): Promise<Response> =>
  fetch(`${url}/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ campaign: 'spring' }),
  });

describe.each(MAIN_ADAPTERS)('metadata that come by themselves on %s', (adapter) => {
  it("are those of metadataProvider, over them the request's, over them the event's", async () => {
    const metadataProvider = () => ({ region: 'eu', level: 'provider', campaign: 'none' });
    const { url, recorded } = await start(adapter, { metadataProvider });
    await order(url);

    const ambient = { region: 'eu', campaign: 'spring', password: '[REDACTED]' };
    expect(recorded().map(({ type, metadata }) => [type, metadata])).toEqual([
      ['stock_taken', { ...ambient, level: 'provider', shelf: 'A-1' }],
      ['stock_counted', { ...ambient, level: 'provider', shelf: 'B-2' }],
      ['order_created', { ...ambient, level: 'event' }],
    ]);
  });

  it('of one request are not those of the next', async () => {
    const { url, recorded } = await start(adapter, {});
    await order(url);
    await fetch(`${url}/orders`);

    expect(recorded().at(-1)?.metadata).toEqual({});
  });

  it('of a provider that throws are marked as missing, on an event that is there', async () => {
    const metadataProvider = (): never => {
      throw new Error('no region');
    };
    const { url, recorded } = await start(adapter, { metadataProvider });

    expect((await fetch(`${url}/orders`)).status).toBe(200);
    expect(recorded()).toMatchObject([{ metadata: { metadataIssue: 'provider_threw' } }]);
  });
});

describe.each(ADAPTERS)('the option correlationHeader on %s', (adapter) => {
  const id = requestIdOf('correlated');
  const ask = (url: string, headers: Record<string, string>, path = '/orders'): Promise<Response> =>
    fetch(url + path, { headers });

  it('names the header that a request id comes in and is sent back with', async () => {
    const { url, recorded } = await start(adapter, { correlationHeader: 'X-Correlation-Id' });
    const answer = await ask(url, { 'x-correlation-id': id, 'x-request-id': requestIdOf('other') });

    expect(answer.headers.get('x-correlation-id')).toBe(id);
    expect(answer.headers.get('x-request-id')).toBeNull();
    expect(recorded()).toMatchObject([{ request: { id }, metadata: {} }]);
  });

  it('is trusted as X-Request-Id is: by its shape', async () => {
    const { url, recorded } = await start(adapter, { correlationHeader: 'x-correlation-id' });
    const answer = await ask(url, { 'x-correlation-id': 'ada@example.com' });

    const [event] = recorded();
    expect(event?.metadata).toEqual({ clientRequestId: 'ada@example.com' });
    expect(event?.request?.id).toMatch(/^[0-9a-f-]{36}$/);
    expect(answer.headers.get('x-correlation-id')).toBe(event?.request?.id);
  });

  it('is trusted as X-Request-Id is: from the proxies that are named', async () => {
    const options = { correlationHeader: 'x-correlation-id', requestIdProxies: ['192.0.2.1'] };
    const { url, recorded } = await start(adapter, options);
    const answer = await ask(url, { 'x-correlation-id': id });

    expect(recorded()).toMatchObject([{ metadata: { clientRequestId: id } }]);
    expect(answer.headers.get('x-correlation-id')).not.toBe(id);
  });

  it('is in every response if the option is set', async () => {
    const { url } = await start(adapter, { correlationHeader: 'X-Request-Id' });
    for (const path of ['/orders/unaudited', '/missing']) {
      expect((await ask(url, {}, path)).headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    }
  });

  it('is, by default, in the responses of audited routes, and in responses to requests with the header', async () => {
    const { url, recorded } = await start(adapter, {});
    const answer = await ask(url, {});
    expect(answer.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    expect(recorded()).toMatchObject([{ request: { id: answer.headers.get('x-request-id') } }]);

    for (const path of ['/orders/unaudited', '/missing']) {
      expect((await ask(url, {}, path)).headers.has('x-request-id')).toBe(false);
      expect((await ask(url, { 'x-request-id': id }, path)).headers.get('x-request-id')).toBe(id);
    }
  });

  it('is sent back with what was refused before its route', async () => {
    const { url, recorded } = await start(adapter, { correlationHeader: 'x-correlation-id' });
    const answer = await fetch(`${url}/orders`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-correlation-id': id },
      body: '{',
    });

    expect(answer.status).toBe(400);
    expect(answer.headers.get('x-correlation-id')).toBe(id);
    expect(recorded()).toMatchObject([{ type: 'order_creation_failed', request: { id } }]);
  });
});
