import { once } from 'node:events';
import { afterAll, beforeAll, beforeEach, expect, it, jest } from '@jest/globals';
import { Controller, Logger, Module, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { WsAdapter } from '@nestjs/platform-ws';
import { Ack, MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import type { Observable } from 'rxjs';
import { WebSocket } from 'ws';
import { Audited, AuditModule, AuditProvider, type AuditEvent } from '../../src/audit/index.js';
import { eventually } from '../support/index.js';

interface Handler {
  readonly message: unknown;
  readonly callback: (data: unknown, ack: (answer: unknown) => void) => unknown;
}

/** Gives handlers a function that answers the client, as Nest's adapter for Socket.IO does. */
class AcknowledgingAdapter extends WsAdapter {
  override bindMessageHandlers(
    client: WebSocket,
    handlers: Handler[],
    transform: (result: unknown) => Observable<unknown>,
  ): void {
    client.on('message', (message: Buffer) => {
      const { event, data } = JSON.parse(message.toString()) as { readonly event: string; readonly data: unknown };
      const ack = (answer: unknown): void => client.send(JSON.stringify(answer));
      const handler = handlers.find((each) => each.message === event);
      transform(handler?.callback(data, ack)).subscribe();
    });
  }
}

let stored: AuditEvent[] = [];
let isAsked = false;
let isEnding = false;
let store: () => void = () => undefined;
let goOn: () => void = () => undefined;

@AuditProvider({ backend: 'slow' })
class SlowProvider {
  async record(batch: readonly AuditEvent[]): Promise<void> {
    isAsked = true;
    if (!isEnding) await new Promise<void>((resolve) => (store = resolve));
    stored.push(...batch);
  }
}

@WebSocketGateway()
class OrdersGateway {
  @SubscribeMessage('place')
  @Audited('order_creation', { details: ({ result }) => ({ result }) })
  place(@MessageBody() name: string, @Ack() ack: (answer: string) => void): string {
    ack(`placed ${name}`);
    return name;
  }

  @SubscribeMessage('bake')
  @Audited('order_creation', { details: ({ result }) => ({ result }) })
  async bake(@MessageBody() name: string, @Ack() ack: (answer: string) => void): Promise<string> {
    ack(`accepted ${name}`);
    await new Promise<void>((resolve) => (goOn = resolve));
    return name;
  }

  @SubscribeMessage('weigh')
  @Audited('order_creation')
  weigh(@Ack() ack: (answer: unknown) => void): void {
    ack({ grams: 1n });
  }

  @SubscribeMessage('ping')
  ping(@Ack() ack: (answer: string) => void): void {
    ack('pong');
  }
}

@Controller()
class EmptyController {}

@Module({
  imports: [AuditModule.forRoot({ providerTimeoutMs: 60_000 })],
  controllers: [EmptyController],
  providers: [OrdersGateway, SlowProvider],
})
class OrdersModule {}

let app: INestApplication;
let client: WebSocket;
let answers: unknown[];

beforeAll(async () => {
  app = await NestFactory.create(OrdersModule, { logger: false });
  app.useWebSocketAdapter(new AcknowledgingAdapter(app));
  await app.listen(0, '127.0.0.1');
  client = new WebSocket((await app.getUrl()).replace('http', 'ws'));
  client.on('message', (message: Buffer) => answers.push(JSON.parse(message.toString())));
  await once(client, 'open');
});

afterAll(async () => {
  isEnding = true;
  store();
  goOn();
  client.terminate();
  await app.close();
});

beforeEach(() => {
  [stored, answers, isAsked] = [[], [], false];
});

function send(event: string, data: string): void {
  client.send(JSON.stringify({ event, data }));
}

/** An answer that does not wait follows every answer that was sent before it. */
async function answersSoFar(): Promise<readonly unknown[]> {
  send('ping', '');
  await eventually(() => answers.includes('pong'));
  return answers.filter((answer) => answer !== 'pong');
}

it('an acknowledgement that a handler sends waits until the event is stored', async () => {
  send('place', 'bread');
  await eventually(() => isAsked);
  expect(await answersSoFar()).toEqual([]);

  store();
  await eventually(() => answers.includes('placed bread'));
  expect(stored).toMatchObject([{ type: 'order_created', details: { result: 'bread' } }]);
});

it('an acknowledgement that cannot be sent is logged, and does not end the process', async () => {
  const logged = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
  send('weigh', '');
  await eventually(() => isAsked);
  store();
  await eventually(() => logged.mock.calls.flat().some((line) => /Cannot send the answer.*BigInt/.test(String(line))));
  expect(stored).toMatchObject([{ type: 'order_created' }]);
  logged.mockRestore();
});

it('an acknowledgement before the end of the work waits until the attempt is stored, and the end follows', async () => {
  send('bake', 'cake');
  await eventually(() => isAsked);
  expect(await answersSoFar()).toEqual([]);

  store();
  await eventually(() => answers.includes('accepted cake'));
  expect(stored).toMatchObject([{ type: 'order_creation_attempted', reason: 'answered_before_end' }]);

  isAsked = false;
  goOn();
  await eventually(() => isAsked);
  store();
  await eventually(() => stored.length === 2);
  expect(stored[1]).toMatchObject({
    type: 'order_created',
    details: { result: 'cake' },
    metadata: { answeredBeforeEnd: true },
  });
});
