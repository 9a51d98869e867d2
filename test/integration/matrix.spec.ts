import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  BadRequestException,
  Body,
  ConflictException,
  Controller,
  HttpException,
  Injectable,
  Module,
  Post,
  UnauthorizedException,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
  type INestApplication,
  type PipeTransform,
} from '@nestjs/common';
import { ClientProxyFactory, MessagePattern, Payload, Transport, type ClientProxy } from '@nestjs/microservices';
import { WsAdapter } from '@nestjs/platform-ws';
import { Cron, ScheduleModule, SchedulerRegistry } from '@nestjs/schedule';
import { MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { lastValueFrom } from 'rxjs';
import { WebSocket } from 'ws';
import { AuditAggregator, Audited, AuditModule, type AuditEvent } from '../../src/audit/index.js';
import { InMemoryAuditProvider } from '../../src/audit/testing/index.js';
import { ADAPTERS, eventually, listen, type ListeningApp, keptApp, closeEach } from '../support/index.js';
import { freePort } from '../support/free-port.js';

const ENDS = {
  success: ['act', 'success', undefined],
  'an exception for the client': ['act_failed', 'failure', undefined],
  'an unexpected error': ['act_failed', 'failure', 'unexpected_error'],
  'a 401 of a guard': ['act_denied', 'denied', 'unauthenticated'],
  'a refusal of a guard': ['act_denied', 'denied', 'forbidden'],
  'a 429 of a guard': ['act_denied', 'denied', 'rate_limited'],
  'a broken guard': ['act_failed', 'failure', 'guard_error'],
  'a rejection by a pipe': ['act_failed', 'failure', 'validation'],
  'a client that is gone': ['act', 'success', undefined],
} as const;
type End = keyof typeof ENDS;
const ALL_ENDS = Object.keys(ENDS) as End[]; // its own keys
const ENDS_OF_A_METHOD = ALL_ENDS.slice(0, 3);

let started: () => void = () => undefined;
let release: () => void = () => undefined;

async function act(end: string): Promise<string> {
  if (end === 'an exception for the client') throw new ConflictException('no');
  if (end === 'an unexpected error') throw new Error('no');
  if (end === 'a client that is gone') {
    const released = new Promise<void>((resolve) => (release = resolve));
    started();
    await released;
  }
  return end;
}

function getEnd(context: ExecutionContext): string {
  const sent: readonly unknown[] = context.getArgs();
  const place: Record<string, unknown> = { rpc: sent[0], ws: sent[1], graphql: sent[1] };
  const type: string = context.getType();
  const body = type === 'http' ? context.switchToHttp().getRequest<{ body: unknown }>().body : place[type];
  return (body as { end: string }).end;
}

@Injectable()
class EndGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const end = getEnd(context);
    if (end === 'a 401 of a guard') throw new UnauthorizedException();
    if (end === 'a 429 of a guard') throw new HttpException('Too Many Requests', 429);
    if (end === 'a broken guard') throw new Error('no');
    return end !== 'a refusal of a guard';
  }
}

const endPipe: PipeTransform<string, string> = {
  transform(end) {
    if (end === 'a rejection by a pipe') throw new BadRequestException(['end must be another']);
    return end;
  },
};

@UseGuards(EndGuard)
@Controller()
class ActController {
  @Audited('act')
  @Post('act')
  http(@Body('end', endPipe) end: string): Promise<string> {
    return act(end);
  }

  @Audited('act')
  @MessagePattern('act')
  message(@Payload('end', endPipe) end: string): Promise<string> {
    return act(end);
  }
}

@UseGuards(EndGuard)
@WebSocketGateway()
class ActGateway {
  @Audited('act')
  @SubscribeMessage('act')
  async message(@MessageBody('end', endPipe) end: string): Promise<object> {
    return { event: 'done', data: await act(end) };
  }
}

@Injectable()
class ActService {
  nextEnd = 'success';

  @Cron('0 0 1 1 *', { name: 'act' })
  @Audited('act')
  job(): Promise<string> {
    return act(this.nextEnd);
  }
}

@Module({
  imports: [AuditModule.forRoot(), ScheduleModule.forRoot()],
  controllers: [ActController],
  providers: [InMemoryAuditProvider, ActService, ActGateway],
})
class MatrixModule {}

interface Matrix extends ListeningApp {
  readonly tcpPort: number;
}

async function listenEverywhere(adapter: 'express' | 'fastify'): Promise<Matrix> {
  const tcpPort = await freePort();
  const listening = await listen(MatrixModule, adapter, (app) => {
    app.useWebSocketAdapter(new WsAdapter(app));
    app.connectMicroservice(
      { transport: Transport.TCP, options: { host: '127.0.0.1', port: tcpPort } },
      { inheritAppConfig: true },
    );
  });
  await listening.app.startAllMicroservices();
  return { ...listening, tcpPort };
}

type Call<Where = Matrix> = (where: Where, end: End) => Promise<void>;

function post(path: string, buildBody: (end: End) => object): Call<{ readonly url: string }> {
  return async ({ url }, end) => {
    if (end !== 'a client that is gone') {
      await postTo(url + path, buildBody(end));
      return;
    }
    const headers = { 'content-type': 'application/json' };
    const client = httpRequest(url + path, { method: 'POST', headers });
    const body = JSON.stringify(buildBody(end));
    await leave(
      () => client.on('error', () => undefined).end(body),
      () => {
        const closed = new Promise((resolve) => client.once('close', resolve));
        client.destroy();
        return closed;
      },
    );
  };
}

async function leave(begin: () => unknown, goAway: () => unknown): Promise<void> {
  const inHandler = new Promise<void>((resolve) => (started = resolve));
  begin();
  await inHandler;
  await goAway();
  release();
}

const sendMessage: Call = async ({ tcpPort }, end) => {
  const client: ClientProxy = ClientProxyFactory.create({
    transport: Transport.TCP,
    options: { host: '127.0.0.1', port: tcpPort },
  });
  const answer = (): Promise<unknown> => lastValueFrom(client.send('act', { end })).catch(() => undefined); // its errors are meant
  if (end === 'a client that is gone') await leave(answer, () => client.close());
  else await answer();
  await client.close();
};

const sendFrame: Call = async ({ url }, end) => {
  const client = new WebSocket(url.replace('http', 'ws'));
  await new Promise((resolve) => client.once('open', resolve));
  const closed = new Promise((resolve) => client.once('close', resolve));
  const answered = new Promise((resolve) => client.once('message', resolve));
  const send = (): void => client.send(JSON.stringify({ event: 'act', data: { end } }));
  const goAway = (): Promise<unknown> => {
    client.terminate();
    return closed;
  };
  if (end === 'a client that is gone') {
    await leave(send, goAway);
    return;
  }
  send();
  await answered;
  await goAway();
};

const runJob: Call = async ({ app }, end) => {
  app.get(ActService).nextEnd = end;
  await app.get(SchedulerRegistry).getCronJob('act').fireOnTick();
};

const mutate = post('/graphql', (end) => ({
  query: 'mutation Act($end: String!) { act(end: $end) { end field } }',
  variables: { end },
}));

const scenes = await closeEach(ADAPTERS, async (adapter) => {
  const matrix = await keptApp(listenEverywhere(adapter));
  const memory = matrix.app.get<INestApplication, InMemoryAuditProvider>(InMemoryAuditProvider);
  return { matrix, memory };
});

describe.each(scenes)('beside $adapter', ({ matrix, memory, adapter }) => {
  const transports: [string, Call, readonly End[]][] = [
    ['a request', post('/act', (end) => ({ end })), ALL_ENDS],
    ['a microservice message (TCP)', sendMessage, ALL_ENDS],
    ['a WebSocket message', sendFrame, ALL_ENDS],
    ['a cron job', runJob, ENDS_OF_A_METHOD],
  ];

  // The adapter serves requests alone.
  it.each(transports.slice(0, adapter === 'express' ? undefined : 1))(
    '%s is one event at each of its ends, and no other comes later',
    async (_what, call, ends) => {
      memory.clear();
      for (const end of ends) {
        const before = memory.events.length;
        await call(matrix, end);
        await eventually(() => memory.events.length > before);
        const seen = memory.events.slice(before).map(({ type, outcome, reason }) => [type, outcome, reason]);
        expect([end, seen]).toEqual([end, [ENDS[end]]]);
      }
      await matrix.app.get(AuditAggregator).drain();
      expect(memory.events).toHaveLength(ends.length);
    },
  );
});

describe('a GraphQL operation (mercurius, in a process of its own) is one event', () => {
  let child: ChildProcess;
  let url: string;

  beforeAll(async () => {
    child = fork('test/support/graphql-application.mjs', { execArgv: [] });
    ({ url } = await nextMessage<{ url: string }>());
    child.on('message', (message) => {
      if (message !== 'started') return;
      release = () => child.send('release');
      started();
    });
  });
  afterAll(async () => {
    const gone = once(child, 'exit');
    child.disconnect();
    await gone;
  });

  /** Messages are as the application says above its code. */
  const nextMessage = async <Message>(): Promise<Message> => (await once(child, 'message'))[0] as Message;
  const recorded = async (): Promise<readonly AuditEvent[]> => {
    child.send('events');
    return (await nextMessage<{ events: readonly AuditEvent[] }>()).events;
  };

  it.each(ALL_ENDS)('at its end: %s', async (end) => {
    const before = (await recorded()).length;
    await mutate({ url }, end);

    await eventually(async () => (await recorded()).length > before);
    const events = (await recorded()).slice(before);
    expect(events.map(({ type, outcome, reason }) => [type, outcome, reason])).toEqual([ENDS[end]]);
    expect(events).toMatchObject([
      { actor: { id: '7' }, request: { method: 'POST', route: '/graphql' }, metadata: { requestBody: { end } } },
    ]);
  });

  it('for each operation of a document, and for no field of theirs', async () => {
    const before = (await recorded()).length;
    const query = 'mutation { one: act(end: "1") { end field } two: act(end: "2") { field } }';
    await postTo(`${url}/graphql`, { query });
    await postTo(`${url}/graphql`, { query: '{ nothing }' });

    const types = (await recorded()).slice(before).map(({ type }) => type);
    expect(types).toEqual(['act', 'act', 'nothing_query']);
    expect(await recorded()).toHaveLength(ALL_ENDS.length + 3);
  });

  it('for a reference of another subgraph, with the reference as its body, also where fields have no enhancers', async () => {
    const before = (await recorded()).length;
    await refer(url);
    expect((await recorded()).slice(before)).toMatchObject([
      { ...REFERRED, request: { route: '/graphql' }, metadata: { requestBody: REFERENCE } },
    ]);
    const bare = fork('test/support/graphql-application.mjs', ['bare'], { execArgv: [] });
    const [ready] = (await once(bare, 'message')) as [{ url: string }];
    await refer(ready.url);
    bare.send('events');
    const [{ events }] = (await once(bare, 'message')) as [{ events: readonly AuditEvent[] }];
    bare.disconnect();
    expect(events).toMatchObject([REFERRED]);
  });
});

const REFERENCE = { __typename: 'Act', end: 'of a reference' };
const REFERRED = { type: 'act_reference', outcome: 'success' };

async function refer(url: string): Promise<void> {
  const query = 'query ($given: [_Any!]!) { _entities(representations: $given) { ... on Act { end } } }';
  const unaudited = { ...REFERENCE, __typename: 'Thing' };
  await postTo(`${url}/graphql`, { query, variables: { given: [REFERENCE, unaudited] } });
}

async function postTo(url: string, body: object): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  await (await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })).text();
}
