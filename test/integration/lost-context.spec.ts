import { AsyncResource } from 'node:async_hooks';
import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  Controller,
  Get,
  Inject,
  Module,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
  type MiddlewareConsumer,
} from '@nestjs/common';
import { AuditAggregator, AuditContext, AuditModule } from '../../src/audit/index.js';
import { InMemoryAuditProvider } from '../../src/audit/testing/index.js';
import { ADAPTERS, eventually, keptApp, listen, onEach } from '../support/index.js';
import { requestIdOf } from '../support/request-ids.js';

const memory = new InMemoryAuditProvider();
/** Runs its argument in the context of the request that waits, as a callback of a connection that it opened. */
let inOthersContext: ((work: () => void) => void) | undefined;
let goOn = (): void => undefined;

class Door implements CanActivate {
  canActivate(context: ExecutionContext): true {
    const { headers } = context.switchToHttp().getRequest<{ headers: Record<string, string> }>();
    const { 'x-user': id = '' } = headers;
    AuditContext.set({ actor: { type: 'user', id }, tenantId: `of-${id}` });
    return true;
  }
}

@Controller()
@UseGuards(Door)
class Work {
  constructor(@Inject(AuditAggregator) private readonly audit: AuditAggregator) {}

  @Get('wait')
  async wait(): Promise<void> {
    inOthersContext = AsyncResource.bind((work: () => void) => {
      work();
    });
    await new Promise<void>((resolve) => (goOn = resolve));
    await this.audit.record('wait_done');
  }

  @Get('work')
  async work(): Promise<void> {
    await this.audit.record('work_done');
  }
}

@Module({
  imports: [AuditModule.forRoot({})],
  controllers: [Work],
  providers: [{ provide: InMemoryAuditProvider, useValue: memory }],
})
class WorkModule {
  configure(consumer: MiddlewareConsumer): void {
    const losing = (_request: unknown, _response: unknown, next: () => void): void =>
      inOthersContext ? inOthersContext(next) : next();
    consumer.apply(losing).forRoutes('*path');
  }
}

/** What the middleware of an application sees of its request. */
let seenByMiddleware: unknown;
const ofCity = (city: string) => {
  @Module({
    imports: [AuditModule.forRoot({ resolveActor: () => ({ type: 'user', id: city }), resolveTenant: () => city })],
    controllers: [Work],
    providers: [InMemoryAuditProvider],
  })
  class CityModule {
    configure(consumer: MiddlewareConsumer): void {
      const looking = (_request: unknown, _response: unknown, next: () => void): void => {
        seenByMiddleware = AuditContext.current();
        next();
      };
      consumer.apply(looking).forRoutes('*path');
    }
  }
  return CityModule;
};

const apps = await onEach(ADAPTERS, (adapter) => keptApp(listen(WorkModule, adapter)));
beforeEach(() => {
  memory.clear();
  inOthersContext = undefined;
});

const get = (url: string, user: string): Promise<Response> =>
  fetch(url, { headers: { 'x-user': user, 'x-request-id': requestIdOf(user) } });

it.each(ADAPTERS)('on %s, a request of one of two applications has its actor, in middleware, too', async (adapter) => {
  const cities = [await listen(ofCity('paris'), adapter), await listen(ofCity('rome'), adapter)];
  await get(`${cities[0]?.url}/work`, 'ada');
  for (const { app } of cities) await app.close();
  expect(seenByMiddleware).toMatchObject({ actor: { id: 'paris' }, tenantId: 'paris' });
});

describe.each(apps)('on $adapter, a request whose middleware continues in the context of another one', ({ url }) => {
  it('records its own events, and leaves those of the other one alone', async () => {
    const waiting = get(`${url}/wait`, 'ada');
    await eventually(() => inOthersContext);
    await get(`${url}/work`, 'bob');
    goOn();
    await waiting;
    const whose = memory.events.map(({ type, actor, tenantId, request }) => [type, actor.id, tenantId, request?.id]);
    expect(whose).toEqual([
      ['work_done', 'bob', 'of-bob', requestIdOf('bob')],
      ['wait_done', 'ada', 'of-ada', requestIdOf('ada')],
    ]);
  });
});
