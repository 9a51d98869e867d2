import { connect } from 'node:net';
import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  Body,
  Controller,
  Delete,
  Module,
  Param,
  Post,
  UnauthorizedException,
  VersioningType,
  type MiddlewareConsumer,
  type NestModule,
} from '@nestjs/common';
import { Audited, AuditModule } from '../../src/audit/index.js';
import { InMemoryAuditProvider } from '../../src/audit/testing/index.js';
import { ADAPTERS, eventually, listen, keptApp, onEach } from '../support/index.js';

const memory = new InMemoryAuditProvider();

@Controller({ path: 'things', version: '2' })
class ThingsController {
  @Post(':id/parts')
  @Audited('thing_change', { resource: ({ request }) => ({ type: 'thing', id: request.params?.id }) })
  change(@Param('id') id: string, @Body() body: object): object {
    return { id, body };
  }

  @Post('shelf/:name')
  @Audited('shelf_change')
  changeShelf(): string {
    return 'changed';
  }

  @Delete('files/*')
  @Audited('file_removal')
  remove(): string {
    return 'removed';
  }

  @Post('silent')
  silent(): string {
    return 'nothing';
  }
}

interface MiddlewareRequest {
  readonly headers: Readonly<Record<string, string | undefined>>;
}
interface MiddlewareResponse {
  statusCode: number;
  end(text: string): unknown;
}

@Module({
  imports: [AuditModule.forRoot({ spill: false })],
  controllers: [ThingsController],
  providers: [{ provide: InMemoryAuditProvider, useValue: memory }],
})
class RefusingModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    const authenticate = (request: MiddlewareRequest, response: MiddlewareResponse, next: () => void): void => {
      const how = request.headers['x-case'];
      if (how === 'thrown') throw new UnauthorizedException();
      if (how === undefined) {
        next();
        return;
      }
      response.statusCode = Number(how);
      response.end('refused');
    };
    consumer.apply(authenticate).forRoutes('{*all}');
  }
}

const rows = await onEach(ADAPTERS, (adapter) =>
  keptApp(
    listen(RefusingModule, adapter, (app) => {
      app.setGlobalPrefix('api');
      app.enableVersioning({ type: VersioningType.URI });
    }),
  ),
);

describe.each(rows)('a request that never comes to its audited route, on $adapter', (listening) => {
  beforeEach(() => memory.clear());

  const post = (path: string, headers: Record<string, string>, body = '{}'): Promise<Response> =>
    fetch(`${listening.url}/api/v2/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    });

  it.each([
    ['that middleware answers with 401', { 'x-case': '401' }, '{}', 401, 'denied', 'unauthenticated'],
    ['that middleware answers with 403', { 'x-case': '403' }, '{}', 403, 'denied', 'forbidden'],
    [
      'that middleware redirects to the log-in page',
      { 'x-case': '302' },
      '{}',
      302,
      'denied',
      'redirected_before_route',
    ],
    ['that middleware answers from a cache', { 'x-case': '201' }, '{}', 201, 'attempted', 'answered_before_route'],
    ['whose middleware throws a 401', { 'x-case': 'thrown' }, '{}', 401, 'denied', 'unauthenticated'],
    ['whose middleware breaks', { 'x-case': '500' }, '{}', 500, 'failure', 'unexpected_error'],
    ['with malformed JSON', {}, '{"a":', 400, 'failure', 'malformed_request'],
    ['that is too large', {}, `{"a":"${'x'.repeat(2_000_000)}"}`, 413, 'failure', 'payload_too_large'],
  ])('%s is one event', async (_what, headers, body, status, outcome, reason) => {
    const response = await post('things/7/parts', { 'x-request-id': 'r-1', ...headers }, body);
    await response.text();

    expect(response.status).toBe(status);
    expect(memory.events).toMatchObject([
      {
        action: 'thing_change',
        outcome,
        reason,
        resource: { type: 'thing', id: '7' },
        request: { method: 'POST', statusCode: status, ip: '127.0.0.1' },
      },
    ]);
  });

  it('is an event of the route that its router would have chosen among several', async () => {
    for (const headers of [{}, { 'x-case': '401' }]) await post('things/shelf/parts', headers);

    const chosen = listening.adapter === 'fastify' ? 'shelf_change' : 'thing_change';
    expect(memory.events.map(({ type }) => type)).toEqual([chosen, `${chosen}_denied`]);
  });

  it('of a kind that no parser takes is one event', async () => {
    const unknown =
      listening.adapter === 'fastify' ? { 'content-type': 'application/xml' } : { 'content-encoding': 'unheard-of' };
    const response = await post('things/7/parts', unknown);

    expect(response.status).toBe(415);
    expect(memory.events).toMatchObject([
      { action: 'thing_change', outcome: 'failure', resource: { id: '7' }, request: { statusCode: 415 } },
    ]);
  });

  it.each(['expect: 100-continue\r\n', ''])(
    'since its client leaves amid its body is one event: %j',
    async (expectation) => {
      const { port } = new URL(listening.url);
      const socket = connect(Number(port), '127.0.0.1');
      const head = `POST /api/v2/things/7/parts HTTP/1.1\r\nhost: x\r\n${expectation}content-type: application/json\r\ncontent-length: 100\r\n\r\n`;
      socket.write(`${head}{"a":`, () => socket.destroy());

      const [event] = await eventually(() => memory.events.length > 0 && memory.events);
      expect(event).toMatchObject({
        type: 'thing_change_failed',
        severity: 'warning',
        reason: 'malformed_request',
        request: { statusCode: 400 },
        metadata: { clientDisconnected: true },
      });
    },
  );

  it('is found by wildcards too', async () => {
    await fetch(`${listening.url}/api/v2/things/files/a/b.txt`, { method: 'DELETE', headers: { 'x-case': '401' } });

    expect(memory.events).toMatchObject([{ action: 'file_removal', outcome: 'denied' }]);
  });

  it('since its path is not a URI is one event', async () => {
    const { port } = new URL(listening.url);
    const socket = connect(Number(port), '127.0.0.1');
    let answer = '';
    socket.on('data', (chunk) => (answer += chunk.toString()));
    socket.write('POST /api/v2/things/%zz/parts HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');
    await eventually(() => Promise.resolve(answer.startsWith('HTTP/1.1 400')));
    socket.destroy();

    expect(memory.events).toMatchObject([{ action: 'thing_change', outcome: 'failure', reason: 'malformed_request' }]);
  });

  it('is not an event where the route is not audited, of another version, or not there', async () => {
    await post('things/silent', { 'x-case': '401' });
    await fetch(`${listening.url}/api/v1/things/7/parts`, { method: 'POST', headers: { 'x-case': '401' } });
    await post('nothing/here', {});
    await post('things/silent', {});
    await fetch(`${listening.url}/api/v2/things/7/parts`, { method: 'OPTIONS', headers: { 'x-case': '204' } });

    expect(memory.events).toEqual([]);
  });

  it('and one that comes there are one event each', async () => {
    expect((await post('things/7/parts', {})).status).toBe(201);
    expect(memory.events).toMatchObject([{ outcome: 'success' }]);
  });
});
