import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  Controller,
  Get,
  Module,
  Param,
  RequestTimeoutException,
  UseInterceptors,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { ClientProxyFactory, MessagePattern, Transport } from '@nestjs/microservices';
import { WsAdapter } from '@nestjs/platform-ws';
import { MessageBody, SubscribeMessage, WebSocketGateway, type OnGatewayDisconnect } from '@nestjs/websockets';
import { catchError, lastValueFrom, NEVER, of, throwError, timeout, TimeoutError, type Observable } from 'rxjs';
import { WebSocket } from 'ws';
import { Audited, AuditModule } from '../../src/audit/index.js';
import { InMemoryAuditProvider } from '../../src/audit/testing/index.js';
import { ADAPTERS, eventually, keptApp, listen, closeEach, type Adapter } from '../support/index.js';
import { freePort } from '../support/free-port.js';

const memory = new InMemoryAuditProvider();
let goOn: () => void = () => undefined;
let disconnected = 0;

async function work(end: string): Promise<string> {
  await new Promise<void>((resolve) => (goOn = resolve));
  if (end === 'fails') throw new Error('the work failed');
  return 'done';
}

/** The class TimeoutInterceptor of Nest's documentation, with a shorter time. */
class TimeoutInterceptor implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(
      timeout(20),
      catchError((error: unknown) =>
        throwError(() => (error instanceof TimeoutError ? new RequestTimeoutException() : error)),
      ),
    );
  }
}

const answersAtOnce: NestInterceptor = {
  intercept: (_context: ExecutionContext, next: CallHandler) => {
    next.handle().subscribe({ error: () => undefined });
    return of('accepted');
  },
};

@Controller()
@Audited('work', { details: ({ result }) => ({ result }) })
class WorkController {
  @Get('timeout/:end')
  @UseInterceptors(new TimeoutInterceptor())
  timedOut(@Param('end') end: string): Promise<string> {
    return work(end);
  }

  @Get('accepted/:end')
  @UseInterceptors(answersAtOnce)
  accepted(@Param('end') end: string): Promise<string> {
    return work(end);
  }

  @Get('slow/:end')
  slow(@Param('end') end: string): Promise<string> {
    return work(end);
  }

  @Get('cut')
  @UseInterceptors(new TimeoutInterceptor())
  cut(): Observable<string> {
    return NEVER;
  }

  @MessagePattern('timeout')
  @UseInterceptors(new TimeoutInterceptor())
  message(end: string): Promise<string> {
    return work(end);
  }
}

@WebSocketGateway()
class WorkGateway implements OnGatewayDisconnect {
  @SubscribeMessage('work')
  @Audited('work', { details: ({ result }) => ({ result }) })
  message(@MessageBody() end: string): Promise<string> {
    return work(end);
  }

  handleDisconnect(): void {
    disconnected++;
  }
}

@Module({
  imports: [AuditModule.forRoot({ spillDir: false })],
  controllers: [WorkController],
  providers: [WorkGateway, { provide: InMemoryAuditProvider, useValue: memory }],
})
class WorkModule {}

/** Answers 503 after a while, like the package connect-timeout. */
function limitTime(_request: unknown, response: ServerResponse, next: () => void): void {
  const isSlow = response.req.url?.startsWith('/slow') === true;
  if (isSlow) setTimeout(() => Object.assign(response, { statusCode: 503 }).end(), 20);
  next();
}

async function start(adapter: Adapter) {
  const port = await freePort();
  const tcp = { transport: Transport.TCP as const, options: { host: '127.0.0.1', port } };
  const listening = await listen(WorkModule, adapter, (app) => {
    app.useWebSocketAdapter(new WsAdapter(app)).use(limitTime);
    app.connectMicroservice(tcp);
  });
  await listening.app.startAllMicroservices();
  return { ...listening, tcp };
}

const succeeds = { type: 'work', outcome: 'success', details: { result: 'done' } };
const fails = { type: 'work_failed', outcome: 'failure', error: { message: 'the work failed' } };
const ENDS = [
  ['succeeds', succeeds],
  ['fails', fails],
] as const;

beforeEach(() => {
  memory.clear();
  goOn = () => undefined;
  disconnected = 0;
});

async function leave(url: string, end: string): Promise<void> {
  const before = goOn;
  const client = new WebSocket(url.replace('http', 'ws'));
  await once(client, 'open');
  client.send(JSON.stringify({ event: 'work', data: end }));
  await eventually(() => goOn !== before);
  client.terminate();
  await eventually(() => disconnected > 0);
}

const ended = (count: number) => eventually(() => memory.events.length >= count);

describe.each(await closeEach(ADAPTERS, (adapter) => keptApp(start(adapter))))(
  'on $adapter, a handler that continues after',
  ({ url, tcp, adapter }) => {
    it.each(
      [
        ['an interceptor answered 408', 'timeout', 408],
        ['an interceptor answered 200', 'accepted', 200],
        ['middleware answered 503', 'slow', 503],
      ].flatMap(([what, route, status]) => ENDS.map(([end, event]) => ({ what, route, status, end, event }))),
    )('$what has its attempt stored before the answer, and then its own end: it $end', async (given) => {
      const { route, status, end, event } = given;
      expect((await fetch(`${url}/${route}/${end}`)).status).toBe(status);
      expect(memory.events).toMatchObject([
        { type: 'work_attempted', reason: 'answered_before_end', request: { statusCode: status } },
      ]);

      goOn();
      await ended(2);
      const metadata = { answeredBeforeEnd: true };
      expect(memory.events.slice(1)).toMatchObject([{ ...event, metadata, request: { statusCode: status } }]);
    });

    it.each(ENDS)('a message was answered with a time-out has both events, too: it %s', async (end, event) => {
      const client = ClientProxyFactory.create(tcp);
      await expect(lastValueFrom(client.send('timeout', end))).rejects.toBeDefined();
      client.close();
      expect(memory.events).toMatchObject([{ type: 'work_attempted', reason: 'answered_before_end' }]);

      goOn();
      await ended(2);
      expect(memory.events.slice(1)).toMatchObject([{ ...event, metadata: { answeredBeforeEnd: true } }]);
    });

    it.each(ENDS)('the client of a WebSocket left is recorded with its end: it %s', async (end, event) => {
      await leave(url, end);
      expect(memory.events).toEqual([]);

      goOn();
      await ended(1);
      expect(memory.events).toMatchObject([{ ...event, metadata: { clientDisconnected: true } }]);
    });

    it('the client of a WebSocket left, and the application stops, is recorded as an attempt', async () => {
      const stopping = await start(adapter);
      await leave(stopping.url, 'succeeds');
      await stopping.app.close();

      expect(memory.events).toMatchObject([{ type: 'work_attempted', reason: 'outcome_unknown' }]);
    });

    it('an interceptor unsubscribed from its Observable has no known end', async () => {
      expect((await fetch(`${url}/cut`)).status).toBe(408);

      expect(memory.events).toMatchObject([
        { type: 'work_attempted', reason: 'outcome_unknown', request: { statusCode: 408 } },
      ]);
    });
  },
);
