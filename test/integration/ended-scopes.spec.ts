import { AsyncResource } from 'node:async_hooks';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  Catch,
  Controller,
  Get,
  Inject,
  Injectable,
  Module,
  Req,
  Sse,
  UseFilters,
  UseGuards,
  type CanActivate,
  type ExceptionFilter,
  type ExecutionContext,
  type MiddlewareConsumer,
} from '@nestjs/common';
import { BaseExceptionFilter } from '@nestjs/core';
import { ClientProxyFactory, MessagePattern, Transport } from '@nestjs/microservices';
import { lastValueFrom, Subject, take } from 'rxjs';
import { AuditAggregator, AuditContext, Audited, AuditModule } from '../../src/audit/index.js';
import { InMemoryAuditProvider } from '../../src/audit/testing/index.js';
import { ADAPTERS, eventually, keptApp, listen, closeEach } from '../support/index.js';
import { freePort } from '../support/free-port.js';
import { getRequestId } from '../support/request-ids.js';

const memory = new InMemoryAuditProvider();
const pieces = new Subject<string>();
/** What a request has started, such as a worker or a timer, runs in the asynchronous context of that request. */
let start = (): Promise<unknown> => Promise.resolve();
let goOn = (): void => undefined;
let seen: unknown;
/** Runs its argument in the context of the request that waits, as a callback of a connection that it opened. */
let inOthersContext: ((work: () => void) => void) | undefined;

@Injectable()
class Door implements CanActivate {
  canActivate(context: ExecutionContext): true {
    if (context.getType() === 'http') {
      const request = context.switchToHttp().getRequest<{ user?: object; headers: Record<string, string> }>();
      request.user = { id: request.headers['x-user'] ?? 'alice', tenantId: 'acme' };
    } else AuditContext.set({ actor: { type: 'user', id: 'alice' }, tenantId: 'acme' });
    return true;
  }
}

@Injectable()
class Jobs {
  constructor(@Inject(AuditAggregator) readonly audit: AuditAggregator) {}

  @Audited('job_run')
  async run(): Promise<void> {
    await this.audit.record('job_step');
  }
}

@Catch()
class SeeingFilter extends BaseExceptionFilter implements ExceptionFilter {
  override catch(...given: Parameters<BaseExceptionFilter['catch']>): void {
    seen = AuditContext.current();
    super.catch(...given);
  }
}

@Controller()
@UseGuards(Door)
class WorkController {
  constructor(@Inject(Jobs) private readonly jobs: Jobs) {}

  private begin(): string {
    start = AsyncResource.bind(async () => {
      if (!AuditContext.current()?.actor) AuditContext.set({ requestId: 'r-other', metadata: { causedBy: 'r-other' } });
      await this.jobs.audit.record('late_work');
      await this.jobs.run();
      await AuditContext.run({ actor: { type: 'service', id: 'worker' } }, () => this.jobs.audit.record('own_work'));
    });
    return 'begun';
  }

  @Get('plain')
  plain(): string {
    return this.begin();
  }

  @Get('audited')
  @Audited('work')
  audited(): string {
    return this.begin();
  }

  @MessagePattern('message')
  message(): string {
    return this.begin();
  }

  @Get('slow')
  async slow(): Promise<void> {
    const bound = AsyncResource.bind((work: () => void) => {
      work();
    });
    await new Promise<void>((resolve) => {
      goOn = resolve;
      inOthersContext = bound;
    });
    await this.jobs.audit.record('slow_step');
  }

  @Get('listened')
  listened(@Req() { res, raw }: { res?: ServerResponse; raw?: IncomingMessage & { res?: ServerResponse } }): string {
    const record = (name: string) => () => void this.jobs.audit.record(name);
    const response = res ?? answered.get(raw ?? {});
    response?.once('finish', record('listener_finished')).once('close', record('listener_closed'));
    return 'heard';
  }

  @Sse('pieces')
  pieces(): Subject<string> {
    pieces.pipe(take(1)).subscribe(AsyncResource.bind(() => void this.jobs.audit.record('piece_sent')));
    return pieces;
  }

  @Get('seen')
  @UseFilters(SeeingFilter)
  fail(): never {
    seen = AuditContext.current();
    throw new Error('refused');
  }
}

const answered = new WeakMap<object, ServerResponse>();

@Module({
  imports: [AuditModule.forRoot({ metadataProvider: (scope) => ({ by: scope?.actor?.id, of: scope?.tenantId }) })],
  controllers: [WorkController],
  providers: [Jobs, { provide: InMemoryAuditProvider, useValue: memory }],
})
class WorkModule {
  configure(consumer: MiddlewareConsumer): void {
    const losing = ({ headers }: { headers: object }, _response: unknown, next: () => void): void =>
      'x-lost' in headers && inOthersContext ? inOthersContext(next) : next();
    consumer.apply(losing).forRoutes('*path');
  }
}

const ALICE = { actor: { type: 'user', id: 'alice' }, tenantId: 'acme' };
const REQUEST_ID = getRequestId('of-alice');
const headers = { 'x-request-id': REQUEST_ID };
const findEvent = (type: string) => eventually(() => memory.events.find((event) => event.type === type));

beforeEach(() => memory.clear());

const port = await freePort();
const apps = await closeEach(ADAPTERS, (adapter) =>
  keptApp(
    listen(WorkModule, adapter, async (app) => {
      const server = app.getHttpServer() as NodeJS.EventEmitter;
      server.prependListener('request', (request: object, response: ServerResponse) => answered.set(request, response));
      if (adapter !== 'express') return;
      app.connectMicroservice({ transport: Transport.TCP, options: { port } }, { inheritAppConfig: true });
      await app.startAllMicroservices();
    }),
  ),
);

/** Runs what the ended request, message or job has started. */
async function expectOnlyCause(causedBy: unknown): Promise<void> {
  memory.clear();
  const late = async () => {
    await start();
    const [first] = memory.events;
    if (first?.actor.id === 'alice') memory.clear();
    return first?.actor.id !== 'alice'; // the last turn of the scope may still run
  };
  await eventually(late);
  const facts = memory.events.map(({ type, actor, tenantId, request, metadata }) => [type, actor, tenantId, request, metadata.causedBy]); // prettier-ignore
  const system = { type: 'system' };
  expect(facts).toEqual([
    ['late_work', { type: 'anonymous' }, undefined, undefined, causedBy],
    ['job_step', system, undefined, undefined, causedBy],
    ['job_run', system, undefined, expect.objectContaining({ durationMs: expect.any(Number) }), causedBy],
    ['own_work', { type: 'service', id: 'worker' }, undefined, undefined, causedBy],
  ]);
}

describe.each(apps)('a request on $adapter', ({ url }) => {
  it.each(['plain', 'audited'])('is only the cause of what it has started, once it has ended: %s', async (route) => {
    await (await fetch(`${url}/${route}`, { headers })).text();
    await expectOnlyCause(REQUEST_ID);
  });

  it('keeps its context while its handler runs, even if the client has left', async () => {
    const abort = new AbortController();
    goOn = () => undefined;
    const before = goOn;
    const left = fetch(`${url}/slow`, { headers, signal: abort.signal }).catch(() => undefined);
    await eventually(() => goOn !== before);
    abort.abort();
    await left;
    for (let turn = 0; turn < 20; turn++) await fetch(`${url}/plain`);
    goOn();
    expect(await findEvent('slow_step')).toMatchObject({ ...ALICE, request: { id: REQUEST_ID } });
  });

  it('whose middleware continues in the context of another one records its own events, and leaves those alone', async () => {
    const waiting = fetch(`${url}/slow`, { headers });
    inOthersContext = undefined;
    await eventually(() => inOthersContext);
    const others = { 'x-lost': '1', 'x-user': 'bob', 'x-request-id': getRequestId('bob') };
    await (await fetch(`${url}/audited`, { headers: others })).text();
    goOn();
    await waiting;
    expect(memory.events.map(({ type, actor, request }) => [type, actor.id, request?.id])).toEqual([
      ['work', 'bob', getRequestId('bob')],
      ['slow_step', 'alice', REQUEST_ID],
    ]);
  });

  it('keeps its context in the listeners of its response, and while its response is streamed', async () => {
    await (await fetch(`${url}/listened`, { headers })).text();
    for (const type of ['listener_finished', 'listener_closed'])
      expect(await findEvent(type)).toMatchObject({ ...ALICE, request: { id: REQUEST_ID } });
    const abort = new AbortController();
    const streaming = await fetch(`${url}/pieces`, { headers, signal: abort.signal });
    await eventually(() => pieces.observed);
    pieces.next('one');
    expect(await findEvent('piece_sent')).toMatchObject({ ...ALICE, request: { id: REQUEST_ID } });
    abort.abort();
    await streaming.text().catch(() => undefined);
  });

  it('shows the actor and the tenant of request.user in handlers, filters and metadataProvider', async () => {
    await (await fetch(`${url}/seen`)).text();
    expect(seen).toMatchObject({ actor: { id: 'alice' }, tenantId: 'acme' });
    await (await fetch(`${url}/audited`)).text();
    expect((await findEvent('work')).metadata).toMatchObject({ by: 'alice', of: 'acme' });
  });
});

/** Its middleware sees the scope of the request. */
const ofCity = (city: string) => {
  @Module({
    imports: [AuditModule.forRoot({ resolveActor: () => ({ type: 'user', id: city }), resolveTenant: () => city })],
    controllers: [WorkController],
    providers: [Jobs, InMemoryAuditProvider],
  })
  class CityModule {
    configure(consumer: MiddlewareConsumer): void {
      const looking = (_request: unknown, _response: unknown, next: () => void): void => {
        seen = AuditContext.current();
        next();
      };
      consumer.apply(looking).forRoutes('*path');
    }
  }
  return CityModule;
};

it.each(ADAPTERS)('on %s, a request of one of two applications has its actor, in middleware, too', async (adapter) => {
  const cities = [await listen(ofCity('paris'), adapter), await listen(ofCity('rome'), adapter)];
  await (await fetch(`${cities[0]?.url}/plain`)).text();
  for (const { app } of cities) await app.close();
  expect(seen).toMatchObject({ actor: { id: 'paris' }, tenantId: 'paris' });
});

it('a message is only the cause of what it has started, once it has ended', async () => {
  const client = ClientProxyFactory.create({ transport: Transport.TCP, options: { port } });
  await lastValueFrom(client.send('message', {}));
  client.close();
  await expectOnlyCause(expect.any(String));
});

it('a scope of AuditContext.run ends when its promise settles', async () => {
  const bound = () => AsyncResource.bind(() => AuditContext.current());
  let late = bound();
  await AuditContext.run({ ...ALICE, actor: { id: 'alice' }, requestId: 'r-1' }, async () => {
    late = bound();
    await once(process, 'audit-turn', { signal: AbortSignal.abort() }).catch(() => undefined);
    expect(late()).toMatchObject({ tenantId: 'acme' });
  });
  expect(late()).toEqual({ metadata: { causedBy: 'r-1' } });
});

it('a scope of AuditContext.run around the next middleware lasts as long as the scope around it; one of ignore ends with its work', async () => {
  await AuditContext.run({ requestId: 'r-1' }, async () => {
    let later: Promise<unknown> | undefined;
    AuditContext.run({ tenantId: 'acme' }, () => {
      later = Promise.resolve().then(() => AuditContext.current());
    });
    expect(await later).toEqual({ tenantId: 'acme', metadata: { causedBy: 'r-1' } });
  });
  const late = await AuditContext.ignore(() => {
    AuditContext.set({ ...ALICE, actor: { id: 'alice' } });
    return AsyncResource.bind(() => AuditContext.current());
  }, 'an import');
  expect(late()).toEqual({});
});
