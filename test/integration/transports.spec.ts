import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  Controller,
  ForbiddenException,
  Inject,
  Injectable,
  Module,
  UseFilters,
  UseGuards,
  type CanActivate,
  type ExceptionFilter,
  type ExecutionContext,
  type Type,
} from '@nestjs/common';
import { ApplicationConfig, NestFactory } from '@nestjs/core';
import {
  ClientProxyFactory,
  EventPattern,
  MessagePattern,
  Payload,
  RpcException,
  Transport,
  type MicroserviceOptions,
} from '@nestjs/microservices';
import { WsAdapter } from '@nestjs/platform-ws';
import { ConnectedSocket, MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import {
  concat,
  firstValueFrom,
  from,
  ignoreElements,
  lastValueFrom,
  NEVER,
  of,
  throwError,
  timer,
  type Observable,
} from 'rxjs';
import { WebSocket } from 'ws';
import {
  AuditAggregator,
  AuditContext,
  Audited,
  AuditModule,
  AuditProvider,
  NotAudited,
} from '../../src/audit/index.js';
import { InMemoryAuditProvider } from '../../src/audit/testing/index.js';
import { eventually, closeAfterTests, keptApp, listen, type Adapter } from '../support/index.js';
import { freePort } from '../support/free-port.js';

@Injectable()
class WhoGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    if (context.getType() === 'ws') {
      const { who, tenantId = 'acme' } = context.switchToWs().getData<{ who?: string; tenantId?: string }>();
      if (who !== undefined)
        Object.assign(context.switchToWs().getClient<object>(), { user: { id: who, tenantId, jti: `of-${who}` } });
      return who !== 'mallory';
    }
    const { who } = context.switchToRpc().getData<{ who: string }>();
    AuditContext.set({ actor: { type: 'service', id: who }, tenantId: 'acme' });
    if (who === 'trudy') throw new RpcException('not you');
    return who !== 'mallory';
  }
}

class AnswerFilter implements ExceptionFilter {
  catch(error: unknown): Observable<string> {
    return of(`refused: ${String(error)}`);
  }
}

@Controller()
@UseGuards(WhoGuard)
@UseFilters(new AnswerFilter())
@Audited('message_handling', { includeRequestBody: true, sensitiveFields: ['shoeSize'] })
class MessagesController {
  constructor(@Inject(AuditAggregator) private readonly audit: AuditAggregator) {}

  @MessagePattern('ask')
  async ask(@Payload() { who }: { who: string }): Promise<string> {
    await this.audit.record('question_asked');
    if (who === 'bob') throw new ForbiddenException();
    return `hello ${who}`;
  }

  @EventPattern('told')
  told(@Payload() { who }: { who: string }): string {
    return who; // to nobody
  }
}

const memory = new InMemoryAuditProvider();
const MEMORY = { provide: InMemoryAuditProvider, useValue: memory };
let goOn: (() => void) | undefined;

@WebSocketGateway()
@UseGuards(WhoGuard)
@Audited('greeting')
class MessagesGateway {
  constructor(@Inject(AuditAggregator) private readonly audit: AuditAggregator) {}

  @SubscribeMessage('greet')
  greet(): object {
    return { event: 'greeted' };
  }

  @SubscribeMessage('wait')
  async wait(): Promise<object> {
    await new Promise<void>((resolve) => (goOn = resolve));
    await this.audit.record('waited');
    return { event: 'done' };
  }

  @SubscribeMessage('log in')
  @Audited('user_login')
  logIn(@ConnectedSocket() client: object, @MessageBody('id') id: string): object {
    Object.assign(client, { user: { id, tenantId: 'globex' } });
    return { event: 'logged in' };
  }

  @SubscribeMessage('wave')
  @NotAudited('its own event')
  async wave(): Promise<object> {
    await this.audit.record('waved');
    return { event: 'waved' };
  }

  @SubscribeMessage('ask')
  @Audited('frame_handling', { details: ({ args }) => ({ args }) })
  ask(@MessageBody('who') who: string): object {
    return { event: 'answer', data: `hello ${who}` };
  }
}

@Module({
  imports: [AuditModule.forRoot()],
  controllers: [MessagesController],
  providers: [MEMORY],
})
class MessagesModule {}

@Module({ imports: [MessagesModule], providers: [MessagesGateway] })
class GatewayModule {}

@Controller()
@UseGuards(WhoGuard)
class MethodController {
  @MessagePattern('ask')
  @Audited('method_handling', { details: ({ args }) => ({ args }) })
  ask(@Payload() { who }: { who: string }): string {
    return `hello ${who}`;
  }
}

@Controller()
class OpenController {
  @MessagePattern('unguarded')
  @Audited('open_handling')
  unguarded(): string {
    return 'hello';
  }

  @MessagePattern('closed')
  @Audited('closed_handling', { onFailure: 'closed' })
  closed(): string {
    happened.push('handled');
    return 'hello';
  }

  @EventPattern('told')
  @Audited('closed_handling', { onFailure: 'closed' })
  told(data: unknown): void {
    if (data !== undefined) happened.push('handled');
  }
}

const controllers = [MethodController, OpenController];
@Module({ imports: [AuditModule.forRoot()], controllers, providers: [MEMORY] })
class MethodModule {}

const clients: WebSocket[] = [];
afterEach(() => {
  goOn = undefined;
  memory.clear();
  for (const client of clients.splice(0)) client.terminate();
});

const tcp = (port: number) => ({ transport: Transport.TCP as const, options: { host: '127.0.0.1', port } });

async function bootMicroservice(module: Type) {
  const port = await freePort();
  const app = await NestFactory.createMicroservice<MicroserviceOptions>(module, { ...tcp(port), logger: false });
  await app.listen();
  await closeAfterTests(app);
  return createClient(port);
}

async function bootHybrid(module: Type) {
  const port = await freePort();
  const { app } = await keptApp(listen(module, 'express', (each) => each.connectMicroservice(tcp(port))));
  await app.startAllMicroservices();
  return createClient(port);
}

async function createClient(port: number) {
  const client = await closeAfterTests(ClientProxyFactory.create(tcp(port)));
  return {
    send: (who: string, more = {}) =>
      lastValueFrom<unknown>(client.send('ask', { who, ...more })).catch((error: unknown) => error),
    first: (who: string, pattern = 'ask') => firstValueFrom<unknown>(client.send(pattern, { who })),
    emit: (who: string) => lastValueFrom(client.emit<unknown>('told', { who }), { defaultValue: undefined }),
  };
}

const ask = await bootMicroservice(MessagesModule);

describe('a microservice', () => {
  it('has a scope for each message: what its guards set holds for all of its events, and for no other', async () => {
    expect(await Promise.all([ask.send('ada'), ask.send('eve')])).toEqual(['hello ada', 'hello eve']);

    const of = (who: string) => memory.events.filter(({ actor }) => actor.id === who);
    for (const who of ['ada', 'eve']) {
      expect(of(who)).toMatchObject([
        { type: 'question_asked', tenantId: 'acme', request: { route: 'ask' } },
        { type: 'message_handling', actor: { type: 'service' }, tenantId: 'acme', metadata: { requestBody: { who } } },
      ]);
      expect(new Set(of(who).map(({ request }) => request?.id)).size).toBe(1);
    }
    expect(new Set(memory.events.map(({ request }) => request?.id)).size).toBe(2);
  });

  it('records a denial whatever the application’s own exception filter makes of it', async () => {
    expect(await ask.send('mallory')).toMatch(/^refused/);
    expect(await ask.send('trudy')).toMatch(/^refused/);
    expect(await ask.send('bob')).toMatch(/^refused/);
    expect(memory.events).toMatchObject([
      { type: 'message_handling_denied', actor: { id: 'mallory' }, reason: 'forbidden' },
      { type: 'message_handling_denied', actor: { id: 'trudy' }, reason: 'denied_by_guard' },
      { type: 'question_asked', actor: { id: 'bob' } },
      { type: 'message_handling_denied', actor: { id: 'bob' }, reason: 'forbidden' },
    ]);
  });

  it('redacts what a message holds, with the names of the handler', async () => {
    await ask.send('ada', { password: 'hunter2', shoe_size: 38 });

    expect(memory.events.at(-1)?.metadata).toEqual({
      requestBody: { who: 'ada', password: '[REDACTED]', shoe_size: '[REDACTED]' },
    });
  });

  it('records an event message, too', async () => {
    await ask.emit('ada');

    await eventually(() => memory.events.length > 0);
    expect(memory.events).toMatchObject([{ type: 'message_handling', request: { route: 'told' } }]);
  });
});

const methods = await bootHybrid(MethodModule);

it('a microservice beside HTTP that does not inherit its configuration has the events of its methods and of its denials', async () => {
  expect(await methods.send('ada')).toBe('hello ada');
  await methods.send('mallory');
  expect(await methods.first('ada', 'unguarded')).toBe('hello');

  expect(memory.events).toMatchObject([
    { type: 'method_handling', actor: { id: 'ada' }, request: { route: 'ask' }, details: { args: [{ who: 'ada' }] } },
    { type: 'method_handling_denied', reason: 'forbidden' },
    { type: 'open_handling', request: { route: 'unguarded' } },
  ]);
});

let happened: string[];

@AuditProvider({ backend: 'late' })
class LateProvider implements AuditProvider {
  async record(): Promise<void> {
    await delay(100);
    happened.push('stored');
  }
}

@Module({ imports: [GatewayModule], providers: [LateProvider] })
class LateGatewayModule {}

@Module({ imports: [MessagesModule], providers: [LateProvider] })
class LateMessagesModule {}

@Module({ imports: [MethodModule], providers: [LateProvider] })
class LateMethodModule {}

@Controller()
@Audited('list_reading')
class ListsController {
  @MessagePattern('ends soon')
  endsSoon(): Observable<string> {
    return concat(of('first'), from(Promise.resolve()).pipe(ignoreElements()));
  }

  @MessagePattern('ends later')
  endsLater(): Observable<string> {
    return concat(of('first'), timer(100).pipe(ignoreElements()));
  }

  @MessagePattern('stays open')
  staysOpen(): Observable<string> {
    return concat(of('first'), NEVER);
  }

  @MessagePattern('fails')
  fails(): Observable<string> {
    return concat(
      of('first'),
      throwError(() => new Error('broken')),
    );
  }
}

@Module({
  imports: [AuditModule.forRoot()],
  controllers: [ListsController],
  providers: [LateProvider, MEMORY],
})
class LateListsModule {}

const late = {
  gateway: await bootGateway(LateGatewayModule, 'express'),
  messages: await bootMicroservice(LateMessagesModule),
  methods: await bootHybrid(LateMethodModule),
  lists: await bootMicroservice(LateListsModule),
};

async function bootGateway(module: Type, adapter: Adapter, hasEnhancers = true): Promise<string> {
  const { url } = await keptApp(
    listen(module, adapter, (each) => {
      each.useWebSocketAdapter(new WsAdapter(each));
      const config = each.get(ApplicationConfig);
      if (!hasEnhancers) for (const all of [config.getGlobalGuards(), config.getGlobalInterceptors()]) all.length = 0;
    }),
  );
  return url.replace('http', 'ws');
}

/** The client leaves after the test. */
async function connectTo(url: string): Promise<WebSocket> {
  const client = new WebSocket(url);
  clients.push(client);
  await once(client, 'open');
  return client;
}

describe('the answer to a message', () => {
  beforeEach(() => {
    happened = [];
  });

  it('leaves a gateway after its event is stored', async () => {
    const client = await connectTo(late.gateway);
    client.on('message', () => happened.push('answered'));
    client.send(JSON.stringify({ event: 'ask', data: { who: 'ada' } }));

    await eventually(() => happened.length >= 2);
    expect(happened).toEqual(['stored', 'answered']);
  });

  it('leaves a microservice after its event is stored', async () => {
    await late.messages.first('ada').then(() => happened.push('answered'));

    expect(happened).toEqual(['stored', 'stored', 'answered']); // the question's own event came first
  });

  it.each([
    ['unguarded', ['stored', 'answered']],
    ['closed', ['stored', 'handled', 'stored', 'answered']],
  ])('leaves a microservice beside HTTP, without its configuration, after its event: %s', async (pattern, order) => {
    expect(await late.methods.first('ada', pattern)).toBe('hello');
    happened.push('answered');

    expect(happened).toEqual(order);
  });

  it('or not: a closed handler of an event starts after its attempt is stored', async () => {
    await late.methods.emit('ada');

    await eventually(() => happened.length === 3);
    expect(happened).toEqual(['stored', 'handled', 'stored']);
  });

  it.each([
    ['ends soon', { outcome: 'success' }],
    ['ends later', { outcome: 'attempted', reason: 'response_started' }],
    ['stays open', { outcome: 'attempted', reason: 'response_started' }],
    ['fails', { outcome: 'failure' }],
  ])('leaves after an event is stored if its Observable %s', async (pattern, event) => {
    expect(await late.lists.first('ada', pattern)).toBe('first');

    expect(happened[0]).toBe('stored');
    expect(memory.events[0]).toMatchObject(event);
  });
});

const GATEWAYS = [
  ['Express', 'express', true],
  ['Fastify', 'fastify', true],
  ['Express, without global enhancers, as with Nest 11', 'express', false],
] as const;
const gateways = await Promise.all(
  GATEWAYS.map(async ([name, adapter, hasEnhancers]) => ({
    name,
    url: await bootGateway(GatewayModule, adapter, hasEnhancers),
  })),
);

describe.each(gateways)('a WebSocket gateway beside $name', ({ url }) => {
  it('takes the actor from the client, as the guards left it', async () => {
    const client = await connectTo(url);
    for (const [event, who] of [
      ['ask', 'ada'],
      ['ask', 'mallory'],
      ['greet', 'ada'],
      ['wave', 'ada'],
    ]) {
      const answered = once(client, 'message');
      client.send(JSON.stringify({ event, data: { who } }));
      await answered;
    }

    expect(memory.events).toMatchObject([
      {
        type: 'frame_handling',
        actor: { id: 'ada' },
        tenantId: 'acme',
        request: { route: 'ask' },
        details: { args: ['ada'] },
      },
      { type: 'frame_handling_denied', actor: { id: 'mallory' }, reason: 'forbidden' },
      { type: 'greeting', actor: { id: 'ada' }, tenantId: 'acme', request: { route: 'greet' } },
      { type: 'waved', actor: { id: 'ada' }, tenantId: 'acme', request: { route: 'wave' } },
    ]);
  });

  const ADA = ['user', 'ada', 'acme', 'of-ada'];
  const EVE = ['user', 'eve', 'globex', 'of-eve'];
  const NOBODY = ['anonymous', undefined, undefined, undefined];
  it.each([
    ['another user comes', { who: 'ada' }, 'greet', { who: 'eve', tenantId: 'globex' }, ADA, EVE],
    [
      'the user changes the tenant',
      { who: 'ada' },
      'greet',
      { who: 'ada', tenantId: 'globex' },
      ADA,
      ADA.with(2, 'globex'),
    ],
    ['a user logs in', {}, 'log in', { id: 'eve' }, NOBODY, ['user', 'eve', 'globex', undefined]],
  ])('keeps the user of a message that still runs when %s', async (_what, first, event, second, ofFirst, ofSecond) => {
    const client = await connectTo(url);
    client.send(JSON.stringify({ event: 'wait', data: first }));
    await eventually(() => goOn !== undefined);
    client.send(JSON.stringify({ event, data: second }));
    await once(client, 'message');
    goOn?.();
    await once(client, 'message');

    const whose = memory.events.map(({ actor, tenantId, request }) => [
      actor.type,
      actor.id,
      tenantId,
      request?.credentialId,
    ]);
    expect(whose).toEqual([ofSecond, ofFirst, ofFirst]);
  });
});
