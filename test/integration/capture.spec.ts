import { request as httpRequest } from 'node:http';
import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  BadRequestException,
  Body,
  ConflictException,
  Controller,
  ForbiddenException,
  Get,
  HttpException,
  Inject,
  Injectable,
  Module,
  Param,
  ParseIntPipe,
  Post,
  Res,
  Sse,
  UseGuards,
  UseInterceptors,
  type CallHandler,
  type CanActivate,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { NEVER, retry, startWith, type Observable } from 'rxjs';
import { AuditContext, Audited, AuditModule, NotAudited } from '../../src/audit/index.js';
import { InMemoryAuditProvider } from '../../src/audit/testing/index.js';
import { ADAPTERS, eventually, keptApp, listen, closeEach } from '../support/index.js';
import { recordedEnds } from '../support/waiting/recorded-ends.js';

const memory = new InMemoryAuditProvider();
const TRACE = 'ab'.repeat(16);
let started: () => void = () => undefined;
let tries = 0;
let calls = 0;

@Injectable()
class HeaderGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const request = context.switchToHttp().getRequest<{ headers: Record<string, string>; user?: object }>();
    if (request.headers['x-case'] === 'hanging-guard') return new Promise(() => started());
    request.user = { id: 7, name: 'Ada', sessionId: 's-1', tenantId: 'acme' };
    return true;
  }
}

@Injectable()
class ThirdCallGuard implements CanActivate {
  canActivate(): boolean {
    if (++calls % 3 === 0) throw new HttpException('Too Many Requests', 429);
    return true;
  }
}

/** Interceptors around flaky services call a handler again. */
@Injectable()
class RetryInterceptor implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(retry(2));
  }
}

function Wrapped(_target: object, _key: string | symbol, descriptor: PropertyDescriptor): void {
  const method = descriptor.value as (...args: unknown[]) => unknown; // it decorates methods alone
  descriptor.value = function (...args: unknown[]): unknown {
    return method.apply(this, args);
  };
}

/** Express's response, or Fastify's reply, which has Node's response below it. */
interface Answer {
  status(code: number): this;
  send(body: string): unknown;
}

const THROWN: Readonly<Record<string, unknown>> = {
  'over-limit': new ForbiddenException({ message: 'Too much', reason: 'over_limit' }),
  forbidden: new ForbiddenException(),
  invalid: new BadRequestException(['name must be a string']),
  'not-an-error': 'a string', // anything can be thrown
};

@Controller('things')
@UseGuards(HeaderGuard)
class ThingsController {
  @Post(':id')
  @Audited('thing_change', { resource: ({ request }) => ({ type: 'thing', id: request.params?.id }) })
  change(@Param('id', ParseIntPipe) id: number, @Body() body: { case: string }): { id: number } {
    if (body.case in THROWN) throw THROWN[body.case];
    AuditContext.annotate({ details: { said: body.case } });
    return { id };
  }

  @Get('slow')
  @Audited('thing_wait')
  async slow(): Promise<string> {
    started();
    await new Promise(() => undefined);
    return 'never';
  }

  @Get('late-error')
  @Audited('own_answer')
  lateError(@Res() answer: Answer): void {
    answer.status(202).send('done');
    throw new Error('too late');
  }

  @Get('twice')
  @Audited('data_view')
  @Audited('report_generation')
  twice(): string {
    return 'twice';
  }

  @Get('silent')
  silent(): string {
    return 'nothing';
  }

  @Get('answered/:status')
  @Audited('thing_answer')
  answered(@Param('status', ParseIntPipe) status: number, @Res() answer: Answer): void {
    answer.status(status).send('by hand');
  }

  @Sse('ticks/endless')
  @Audited('tick_watch')
  endless(): Observable<{ data: number }> {
    return NEVER.pipe(startWith({ data: 1 }));
  }

  @Get('flaky')
  @Audited('flaky_work')
  @UseInterceptors(RetryInterceptor)
  flaky(): Promise<string> {
    return ++tries % 3 !== 0 ? Promise.reject(new Error('try again')) : Promise.resolve('done');
  }
}

@Controller('throttled')
@UseGuards(ThirdCallGuard)
@Audited('throttled_call', { attempt: true })
class ThrottledController {
  @Get()
  call(): string {
    return 'ok';
  }
}

interface Price {
  readonly cents: number;
  readonly password?: string;
  readonly shoeSize?: number;
}

@Injectable()
class Prices {
  @Audited('tag_storage')
  async store(price: Price): Promise<Price> {
    return Promise.resolve(price);
  }
}

@Controller('prices')
class PricesController {
  constructor(@Inject(Prices) private readonly prices: Prices) {}

  @Audited<Price, [string, Price]>('tag_change', {
    resource: ({ args: [id] }) => ({ type: 'price', id }),
    related: ({ args: [id] }) => [{ type: 'list', id }],
    changes: ({ args: [, price], result }) => ({ before: { cents: price.cents - 1 }, after: result }),
    when: ({ args: [, price], error }) => error !== undefined || price.cents !== 0,
    severity: 'critical',
    includeRequestBody: true,
    sensitiveFields: ['shoe_size'],
  })
  @Post(':id')
  change(@Param('id') id: string, @Body() price: Price): Price {
    if (id === 'conflict') throw new ConflictException();
    return price;
  }

  @Post('stored/by-service')
  @Wrapped
  @Audited('tag_change')
  @Wrapped
  async stored(@Body() price: Price): Promise<Price> {
    return this.prices.store(price);
  }

  @Post('of/callbacks-that-throw')
  @Audited('tag_change', {
    when: ({ result }) => (result as unknown as { no: { no: boolean } }).no.no, // it throws: the result lacks it
    details: ({ args }) => ({ args }),
    changes: ({ error }) => (error as { no: { no: object } }).no.no, // it throws: there is no error
  })
  throwing(@Body() price: Price): Price {
    return price;
  }

  @Post('of/callbacks-that-promise')
  @Audited('tag_change', {
    attempt: true,
    resource: async () => Promise.resolve({ type: 'price', id: 7 }),
    tenantId: async () => Promise.resolve('acme'),
    details: async ({ result }) => Promise.resolve(result),
    changes: async () => Promise.reject(new Error('gone')),
  })
  promising(@Body() price: Price): Price {
    return price;
  }

  @Post('of/a-promised-decision')
  @Audited<Price, [Price]>('tag_change', {
    when: async ({ args: [{ cents }] }) =>
      cents < 0 ? Promise.reject(new Error('not known')) : Promise.resolve(cents > 0),
  })
  deciding(@Body() price: Price): Price {
    return price;
  }

  @Post('of/useless-callbacks')
  @Audited('tag_change', {
    resource: () => new Map([['type', 'price']]) as unknown as { readonly type: string },
    tenantId: () => ({ name: 'acme' }),
  })
  useless(@Body() price: Price): Price {
    return price;
  }
}

@Controller('base')
@Audited('base_call')
class BaseController {
  @Get('own')
  @Audited('own_call')
  own(): string {
    return 'own';
  }

  @Get('probe')
  @Wrapped
  @NotAudited('a probe')
  @Wrapped
  probe(): string {
    return 'probe';
  }

  @Get('plain')
  plain(): string {
    return 'plain';
  }
}

@Controller('inheriting')
class InheritingController extends BaseController {
  @Get('overridden')
  @Audited('overriding_call')
  override own(): string {
    return super.own();
  }
}

@Controller('silent')
@NotAudited('a mirror of another')
class SilentController extends BaseController {}

const CONTROLLERS = [ThingsController, ThrottledController, PricesController, BaseController, InheritingController];

@Module({
  imports: [AuditModule.forRoot()],
  controllers: [...CONTROLLERS, SilentController],
  providers: [Prices, { provide: InMemoryAuditProvider, useValue: memory }],
})
class CaptureModule {}

const PRICE = { cents: 5, password: '[REDACTED]', shoeSize: '[REDACTED]' };
const OF_PROMISES = { tenantId: 'acme', resource: { type: 'price', id: '7' } };
const PROMISED = [
  { outcome: 'attempted', ...OF_PROMISES },
  { outcome: 'success', ...OF_PROMISES, details: { cents: 5 }, changes: undefined },
];
const UNFIT = { resource: { type: 'price' }, tenantId: { name: 'acme' }, unfitFields: ['tenantId', 'resource'] };
const thing = (type: string, outcome: string, severity: string, reason: string | undefined, statusCode: number) => [
  { type: `thing_${type}`, outcome, severity, ...(reason !== undefined && { reason }), request: { statusCode } },
];

/** A GET, or a POST if there is a body. */
const REQUESTS: readonly (readonly [path: string, body: object | undefined, status: number, events: readonly object[]])[] =
  [
    ['things/5', { case: 'forbidden' }, 403, thing('change_denied', 'denied', 'warning', 'forbidden', 403)],
    ['things/5', { case: 'over-limit' }, 403, thing('change_denied', 'denied', 'warning', 'over_limit', 403)],
    ['things/5', { case: 'invalid' }, 400, thing('change_failed', 'failure', 'warning', 'validation', 400)],
    ['things/5', { case: 'not-an-error' }, 500, thing('change_failed', 'failure', 'error', 'unexpected_error', 500)],
    ['things/answered/207', undefined, 207, thing('answer_partial', 'partial', 'warning', undefined, 207)],
    ['things/answered/403', undefined, 403, thing('answer_denied', 'denied', 'warning', 'forbidden', 403)],
    ['things/answered/500', undefined, 500, thing('answer_failed', 'failure', 'error', 'unexpected_error', 500)],
    ['things/twice', undefined, 200, [{ type: 'data_viewed' }, { type: 'report_generated' }]],
    ['things/silent', undefined, 200, []],
    ['things/flaky', undefined, 200, [{ type: 'flaky_work', outcome: 'success' }]],
    ['throttled', undefined, 200, [{ type: 'throttled_call_attempted' }, { type: 'throttled_call' }]],
    ['throttled', undefined, 200, [{ type: 'throttled_call_attempted' }, { type: 'throttled_call' }]],
    ['throttled', undefined, 429, [{ type: 'throttled_call_denied', reason: 'rate_limited' }]],
    [
      'prices/7',
      { cents: 5, password: 'hunter2', shoeSize: 38 },
      201,
      [
        {
          ...{ type: 'tag_change', severity: 'critical', resource: { type: 'price', id: '7' } },
          ...{ related: [{ type: 'list', id: '7' }], changes: { before: { cents: 4 }, after: PRICE } },
          metadata: { requestBody: PRICE },
        },
      ],
    ],
    ['prices/7', { cents: 0 }, 201, []],
    ['prices/conflict', { cents: 0 }, 409, [{ type: 'tag_change_failed', outcome: 'failure' }]],
    ['prices/of/a-promised-decision', { cents: 0 }, 201, []],
    ['prices/of/a-promised-decision', { cents: 1 }, 201, [{ type: 'tag_change' }]],
    ['prices/of/a-promised-decision', { cents: -1 }, 201, [{ type: 'tag_change' }]],
    ['prices/stored/by-service', { cents: 5 }, 201, [{ type: 'tag_storage' }, { type: 'tag_change' }]],
    ['prices/of/callbacks-that-throw', { cents: 5 }, 201, [{ details: { args: [{ cents: 5 }] }, changes: undefined }]],
    ['prices/of/callbacks-that-promise', { cents: 5 }, 201, PROMISED],
    ['prices/of/useless-callbacks', { cents: 5 }, 201, [{ metadata: UNFIT }]],
    ['base/own', undefined, 200, [{ type: 'own_call' }]],
    ['base/plain', undefined, 200, [{ type: 'base_call' }]],
    ['base/probe', undefined, 200, []],
    ['inheriting/overridden', undefined, 200, [{ type: 'overriding_call' }]],
    ['inheriting/plain', undefined, 200, [{ type: 'base_call' }]],
    ['silent/own', undefined, 200, [{ type: 'own_call' }]],
    ['silent/plain', undefined, 200, []],
  ]; // prettier-ignore

const scenes = await closeEach(ADAPTERS, (adapter) => keptApp(listen(CaptureModule, adapter)));
beforeEach(() => memory.clear());

describe.each(scenes)('each end of a request is one event, on $adapter', ({ url, adapter }) => {
  const send = (path: string, body?: object, more: Record<string, string> = {}) => {
    const headers = { 'content-type': 'application/json', 'user-agent': 'jest', ...more };
    return fetch(`${url}/${path}`, body ? { method: 'POST', headers, body: JSON.stringify(body) } : {});
  };
  const onlyEnd = () => {
    const ends = recordedEnds(memory.events);
    expect(ends).toHaveLength(1);
    return ends[0];
  };

  it('a success, with actor, tenant, resource, request and what the handler added', async () => {
    const headers = { 'x-request-id': TRACE, traceparent: `00-${TRACE}-${'cd'.repeat(8)}-01` };
    const response = await send('things/5', { case: 'fine' }, headers);
    expect([response.status, response.headers.get('x-request-id')]).toEqual([201, TRACE]);
    expect(memory.events).toMatchObject([
      {
        ...{ type: 'thing_change', action: 'thing_change', outcome: 'success', severity: 'info', tenantId: 'acme' },
        actor: { type: 'user', id: '7', name: 'Ada', sessionId: 's-1' },
        ...{ resource: { type: 'thing', id: '5' }, details: { said: 'fine' } },
        request: {
          ...{ id: TRACE, traceId: TRACE, ip: '127.0.0.1', userAgent: 'jest' },
          ...{ method: 'POST', route: '/things/:id', statusCode: 201 },
        },
      },
    ]);
    expect(onlyEnd()?.request?.durationMs).toBeGreaterThan(0);
  });

  it.each(REQUESTS)('%s with %j', async (path, body, status, events) => {
    const response = await send(path, body);
    await response.text();
    expect(response.status).toBe(status);
    expect(memory.events.map((event) => ({ changes: undefined, ...event }))).toMatchObject(events);
  });

  it('a handler that throws after it answered by itself', async () => {
    const response = await send('things/late-error').catch(() => undefined);
    await response?.text();
    expect(onlyEnd()).toMatchObject({ action: 'own_answer', outcome: 'success', request: { statusCode: 202 } });
  });

  it('an event stream that its client leaves', async () => {
    const leaving = new AbortController();
    const response = await fetch(`${url}/things/ticks/endless`, { signal: leaving.signal });
    await response.body?.getReader().read();
    leaving.abort();
    await eventually(() => recordedEnds(memory.events).length > 0);
    expect(onlyEnd()).toMatchObject({ type: 'tick_watch', outcome: 'success', request: { statusCode: 200 } });
  });

  it.each(['guard', 'handler'])('a client that goes away while a %s hangs and the application stops', async (where) => {
    const stopping = await listen(CaptureModule, adapter);
    const isHanging = new Promise<void>((resolve) => (started = resolve));
    const client = httpRequest(`${stopping.url}/things/slow`, { headers: { 'x-case': `hanging-${where}` } });
    client.on('error', () => undefined).end();
    await isHanging;
    const closed = stopping.app.close();
    client.destroy();
    await closed;
    expect(onlyEnd()).toMatchObject({ type: 'thing_wait_attempted', reason: 'outcome_unknown' });
  });
});
