import { once } from 'node:events';
import { UseGuards, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { WsAdapter } from '@nestjs/platform-ws';
import { Test } from '@nestjs/testing';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { Audited } from 'nestjs-audit-ledger';
import { AuditTestingModule, InMemoryAuditProvider } from 'nestjs-audit-ledger/testing';
import { WebSocket } from 'ws';

class WhoGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const id: unknown = context.switchToWs().getData();
    Object.assign(context.switchToWs().getClient(), { user: { id, tenantId: 'acme' } });
    return id !== 'mallory';
  }
}

@WebSocketGateway()
@UseGuards(WhoGuard)
@Audited('greeting')
class GreetingGateway {
  @SubscribeMessage('greet')
  greet(): object {
    return { event: 'greeted' };
  }
}

it('a gateway of Nest 11, which has no global guards, records its messages and its denials', async () => {
  const testing = await Test.createTestingModule({
    imports: [AuditTestingModule.forRoot()],
    providers: [GreetingGateway],
  }).compile();
  const app = testing.createNestApplication({ logger: false });
  await app.useWebSocketAdapter(new WsAdapter(app)).listen(0);
  const client = new WebSocket((await app.getUrl()).replace('http', 'ws').replace('[::1]', 'localhost'));
  await once(client, 'open');
  client.send(JSON.stringify({ event: 'greet', data: 'ada' }));
  await once(client, 'message');
  client.send(JSON.stringify({ event: 'greet', data: 'mallory' })); // Nest 11 sends no exception to a client of ws
  const memory = app.get(InMemoryAuditProvider);
  while (memory.events.length < 2) await new Promise(setImmediate);

  expect(memory.events).toMatchObject([
    { type: 'greeting', actor: { id: 'ada' }, tenantId: 'acme', request: { route: 'greet' } },
    { type: 'greeting_denied', actor: { id: 'mallory' }, reason: 'forbidden' },
  ]);
  client.terminate();
  await app.close();
});
