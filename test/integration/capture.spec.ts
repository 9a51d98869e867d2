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
  Injectable,
  Module,
  Param,
  ParseIntPipe,
  Post,
  Res,
  Sse,
  UnauthorizedException,
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
import { ADAPTERS, eventually, listen, keptApp, onEach } from '../support/index.js';
import { recordedEnds } from '../support/waiting/recorded-ends.js';

const REQUEST_ID = 'ab'.repeat(16);

const memory = new InMemoryAuditProvider();
let started: () => void = () => undefined;
let tries = 0;

@Injectable()
class HeaderGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const request = context.switchToHttp().getRequest<{ headers: Record<string, string>; user?: object }>();
    if (request.headers['x-case'] === 'unauthorized') throw new UnauthorizedException();
    if (request.headers['x-case'] === 'broken-guard') throw new Error('the guard is broken');
    if (request.headers['x-case'] === 'hanging-guard') return new Promise(() => started());
    request.user = { id: 7, name: 'Ada', sessionId: 's-1', tenantId: 'acme' };
    return request.headers['x-case'] !== 'forbidden';
  }
}

/** Interceptors around flaky services call a handler again. */
@Injectable()
class RetryInterceptor implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(retry(2));
  }
}

/** Express's response, or Fastify's reply, which has Node's response below it. */
interface Answer {
  readonly raw?: Answer;
  status(code: number): this;
  send(body: string): unknown;
}

@Controller('things')
@UseGuards(HeaderGuard)
class ThingsController {
  @Post(':id')
  @Audited('thing_change', { resource: ({ request }) => ({ type: 'thing', id: request.params?.id }) })
  change(@Param('id', ParseIntPipe) id: number, @Body() body: { case?: string }): { id: number } {
    switch (body.case) {
      case 'conflict':
        throw new ConflictException('already changed');
      case 'over-limit':
        throw new ForbiddenException({ message: 'Too much', reason: 'over_limit' });
      case 'forbidden':
        throw new ForbiddenException();
      case 'too-many':
        throw new HttpException('Too Many Requests', 429);
      case 'invalid':
        throw new BadRequestException(['name must be a string']);
      case 'not-an-error':
        throw 'a string'; // eslint-disable-line @typescript-eslint/only-throw-error -- anything can be thrown
      default:
        AuditContext.annotate({ details: { said: body.case ?? 'nothing' } });
        return { id };
    }
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
    return ++tries < 3 ? Promise.reject(new Error('try again')) : Promise.resolve('done');
  }
}

@Injectable()
class ThirdCallGuard implements CanActivate {
  private calls = 0;

  canActivate(): boolean {
    if (++this.calls % 3 === 0) throw new HttpException('Too Many Requests', 429);
    return true;
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

  @NotAudited('a probe')
  @Get('probe')
  probe(): string {
    return 'ok';
  }
}

@Module({
  imports: [AuditModule.forRoot()],
  controllers: [ThingsController, ThrottledController],
  providers: [{ provide: InMemoryAuditProvider, useValue: memory }],
})
class CaptureFixtureModule {}

describe.each(await onEach(ADAPTERS, (adapter) => keptApp(listen(CaptureFixtureModule, adapter))))(
  'each end of a request is one event, on $adapter',
  (listening) => {
    const { adapter } = listening;
    beforeEach(() => memory.clear());

    const change = (body: object, headers: Record<string, string> = {}, id = '5') =>
      fetch(`${listening.url}/things/${id}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-request-id': REQUEST_ID, 'user-agent': 'jest', ...headers },
        body: JSON.stringify(body),
      });

    const onlyEvent = () => {
      const ends = recordedEnds(memory.events);
      expect(ends).toHaveLength(1);
      return ends[0];
    };

    it('a success, with actor, tenant, resource, request and what the handler added', async () => {
      const response = await change({ case: 'fine' }, { traceparent: `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01` });

      expect(response.status).toBe(201);
      expect(response.headers.get('x-request-id')).toBe(REQUEST_ID);
      expect(onlyEvent()).toMatchObject({
        type: 'thing_change',
        action: 'thing_change',
        outcome: 'success',
        severity: 'info',
        actor: { type: 'user', id: '7', name: 'Ada', sessionId: 's-1' },
        tenantId: 'acme',
        resource: { type: 'thing', id: '5' },
        request: {
          id: REQUEST_ID,
          ip: '127.0.0.1',
          userAgent: 'jest',
          method: 'POST',
          route: '/things/:id',
          statusCode: 201,
          traceId: 'ab'.repeat(16),
        },
        details: { said: 'fine' },
      });
      expect(onlyEvent()?.request?.durationMs).toBeGreaterThan(0);
    });

    it.each([
      ['an HttpException of the handler', { case: 'conflict' }, {}, 409, 'failure', 'warning', undefined],
      ['a 403 of the handler', { case: 'forbidden' }, {}, 403, 'denied', 'warning', 'forbidden'],
      ['a 429 of the handler', { case: 'too-many' }, {}, 429, 'denied', 'warning', 'rate_limited'],
      ['a validation error', { case: 'invalid' }, {}, 400, 'failure', 'warning', 'validation'],
      [
        'a 403 of the handler with a reason of its own',
        { case: 'over-limit' },
        {},
        403,
        'denied',
        'warning',
        'over_limit',
      ],
      ['a thrown string', { case: 'not-an-error' }, {}, 500, 'failure', 'error', 'unexpected_error'],
    ] as const)('%s', async (_what, body, headers, status, outcome, severity, reason) => {
      const response = await change(body, headers);

      expect(response.status).toBe(status);
      const suffix = outcome === 'denied' ? 'denied' : 'failed';
      expect(onlyEvent()).toMatchObject({ type: `thing_change_${suffix}`, outcome, severity });
      expect(onlyEvent()?.request?.statusCode).toBe(status);
      expect(onlyEvent()?.reason).toBe(reason);
    });

    it('a throttled call, and an attempt before each call that began', async () => {
      const statuses: number[] = [];
      for (let call = 0; call < 3; call++) statuses.push((await fetch(`${listening.url}/throttled`)).status);

      expect(statuses).toEqual([200, 200, 429]);
      expect(memory.events.map(({ type, reason }) => [type, reason])).toEqual([
        ['throttled_call_attempted', undefined],
        ['throttled_call', undefined],
        ['throttled_call_attempted', undefined],
        ['throttled_call', undefined],
        ['throttled_call_denied', 'rate_limited'],
      ]);
      memory.clear();
      await fetch(`${listening.url}/throttled/probe`);
      expect(memory.events).toEqual([]);
    });

    it('a handler that throws after it answered by itself', async () => {
    await fetch(`${listening.url}/things/late-error`).then((response) => response.text()).catch(() => undefined);

    expect(onlyEvent()).toMatchObject({ action: 'own_answer', outcome: 'success', request: { statusCode: 202 } });
  }); // prettier-ignore

    it.each(['guard', 'handler'])(
      'a client that goes away while a %s hangs and the application stops',
      async (where) => {
        const stopping = await listen(CaptureFixtureModule, adapter);
        const isHanging = new Promise<void>((resolve) => (started = resolve));
        const client = httpRequest(`${stopping.url}/things/slow`, { headers: { 'x-case': `hanging-${where}` } });
        client.on('error', () => undefined).end();
        await isHanging;
        const closed = stopping.app.close();
        client.destroy();
        await closed;

        expect(onlyEvent()).toMatchObject({ type: 'thing_wait_attempted', reason: 'no_end_seen' });
      },
    );

    it.each([
      [200, 'thing_answer', undefined],
      [207, 'thing_answer_partial', undefined],
      [403, 'thing_answer_denied', 'forbidden'],
      [409, 'thing_answer_failed', undefined],
      [500, 'thing_answer_failed', 'unexpected_error'],
    ])('a handler that answers %i by itself', async (status, type, reason) => {
      const response = await fetch(`${listening.url}/things/answered/${status}`);

      expect([response.status, await response.text()]).toEqual([status, 'by hand']);
      expect(onlyEvent()).toMatchObject({ type, request: { statusCode: status } });
      expect(onlyEvent()?.reason).toBe(reason);
    });

    it('an event stream that its client leaves', async () => {
      const leaving = new AbortController();
      const response = await fetch(`${listening.url}/things/ticks/endless`, { signal: leaving.signal });
      await response.body?.getReader().read();
      leaving.abort();

      await eventually(() => recordedEnds(memory.events).length > 0);
      expect(onlyEvent()).toMatchObject({ type: 'tick_watch', outcome: 'success', request: { statusCode: 200 } });
    });

    it('a handler that an interceptor calls again until it succeeds', async () => {
      tries = 0;

      expect(await (await fetch(`${listening.url}/things/flaky`)).text()).toBe('done');
      expect(tries).toBe(3);
      expect(onlyEvent()).toMatchObject({ type: 'flaky_work', outcome: 'success' });
    });

    it('two events where two are asked for, none where none is', async () => {
      await fetch(`${listening.url}/things/twice`);
      expect(memory.events.map(({ type }) => type).sort()).toEqual(['data_viewed', 'report_generated']);
      memory.clear();
      await fetch(`${listening.url}/things/silent`);
      expect(memory.events).toEqual([]);
    });
  },
);
