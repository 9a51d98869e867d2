import { createServer, type Server, type ServerResponse } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { connect, type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  Body,
  Controller,
  Delete,
  Module,
  Param,
  Post,
  UnauthorizedException,
  UseGuards,
  VersioningType,
  type CanActivate,
  type ExecutionContext,
  type MiddlewareConsumer,
  type INestApplication,
  type NestModule,
} from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import express from 'express';
import { Audited, AuditModule } from '../../src/audit/index.js';
import { InMemoryAuditProvider } from '../../src/audit/testing/index.js';
import { ADAPTERS, eventually, listen, keptApp, closeEach } from '../support/index.js';

const memory = new InMemoryAuditProvider();

/** Answers as passport's guard does, which redirects to an identity provider; its promise stays open. */
class AnswersItself implements CanActivate {
  canActivate(context: ExecutionContext): Promise<boolean> {
    const { raw, headers } = context.switchToHttp().getRequest<MiddlewareRequest & { raw?: object }>();
    const response = context.switchToHttp().getResponse<{ raw?: ServerResponse } & ServerResponse>();
    (raw ? response.raw : response)?.writeHead(Number(headers['x-guard']), { location: '/log-in' }).end();
    return new Promise(() => undefined);
  }
}

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

  @Post('größe raum')
  @Audited('size_change')
  changeSize(): string {
    return 'changed';
  }

  @Post('guarded')
  @UseGuards(AnswersItself)
  @Audited('guarded_change')
  changeGuarded(): string {
    return 'changed';
  }

  @Post('silent')
  silent(): string {
    return 'nothing';
  }
}

@Controller({ path: 'hosted', host: 'shop.example' })
class HostedController {
  @Post()
  @Audited('hosted_change')
  change(): string {
    return 'changed';
  }
}

@Controller({ path: 'shelves', host: [':tenant.example.com', /^(?<tenant>\w+)\.example\.org$/] })
class ShelvesController {
  @Post()
  @Audited('shelf_change', { resource: ({ request }) => ({ type: 'tenant', id: getHosts(request).tenant }) })
  change(): string {
    return "a tenant's";
  }
}

function getHosts(request: object): { readonly tenant?: string } {
  return (request as { readonly hosts: { readonly tenant?: string } }).hosts; // Nest's, on every request of a host's route
}

interface MiddlewareRequest {
  readonly headers: Readonly<Record<string, string | undefined>>;
}
interface MiddlewareResponse {
  statusCode: number;
  end(text: string): unknown;
}

@Module({
  imports: [AuditModule.forRoot({ spillDir: false })],
  controllers: [ThingsController, HostedController, ShelvesController],
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

const rows = await closeEach(ADAPTERS, (adapter) =>
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

  it.each([
    ['302', 'redirected_by_guard'],
    ['303', 'redirected_by_guard'],
    ['200', 'answered_by_guard'],
    ['304', 'answered_by_guard'],
  ])('that a guard answers with %s is attempted, and not denied', async (status, reason) => {
    const request = { method: 'POST', headers: { 'x-guard': status }, redirect: 'manual' } as const;
    expect((await fetch(`${listening.url}/api/v2/things/guarded`, request)).status).toBe(Number(status));
    await eventually(() => memory.events.length > 0);
    expect(memory.events).toMatchObject([{ action: 'guarded_change', outcome: 'attempted', reason }]);
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

  it.each([
    ['acme.example.com', [['shelf_change', { type: 'tenant', id: 'acme' }]]],
    ['Acme.Example.com:8080', [['shelf_change', { type: 'tenant', id: 'Acme' }]]],
    ['globex.example.org', [['shelf_change', { type: 'tenant', id: 'globex' }]]],
    ['elsewhere.net', []],
  ])('for the host %s is an event only of a controller of that host', async (host, events) => {
    const port = Number(new URL(listening.url).port);
    expect(await readActions(port, '/api/shelves', '{}', 'x-case: 401', host)).toEqual(events);
  });

  it.each([
    'http://shop.example/api/v2/things/7/parts',
    'HTTPS://u@shop.example:80/api/v2/things/7/parts?x=http://y/',
    '/%61pi/v2/things/%37/part%73',
    '/api/v2/things/7%2F8%25/parts',
    '/api/v2/things/gr%C3%B6%c3%9fe%20raum',
  ])('is found as its router finds it: %s', async (target) => {
    const port = Number(new URL(listening.url).port);
    const reached = await readActions(port, target, '{}');

    const isFound = listening.adapter === 'fastify' || !/%61|%20/.test(target);
    expect(reached).toHaveLength(isFound ? 1 : 0);
    expect(await readActions(port, target, '{"a":')).toEqual(reached);
    expect(await readActions(port, target, '{}', 'x-case: 401')).toEqual(reached);
  });
});

/** Sends a POST with exactly this target, and returns what was recorded, with the resource. */
async function readActions(
  port: number,
  target: string,
  body: string,
  header = 'x-a: b',
  host = 'internal',
): Promise<readonly unknown[]> {
  memory.clear();
  const socket = connect(port, '127.0.0.1');
  const head = `POST ${target} HTTP/1.1\r\nhost: ${host}\r\nx-forwarded-host: shop.example\r\nconnection: close\r\n${header}`;
  socket.write(`${head}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
  await text(socket);
  return memory.events.map(({ action, resource }) => [action, resource]);
}

describe('a refused request is found', () => {
  let started: INestApplication | undefined;
  afterEach(() => started?.close());

  const start = async (adapter: ExpressAdapter | FastifyAdapter): Promise<INestApplication> => {
    const testing = await Test.createTestingModule({ imports: [RefusingModule] }).compile();
    const app = testing.createNestApplication(adapter, { logger: false });
    started = app;
    return app;
  };
  const getPort = (server: unknown): number => ((server as Server).address() as AddressInfo).port; // a server that listens on a port
  const expectFound = async (port: number, target: string): Promise<void> => {
    for (const header of ['x-case: 401', 'x-a: b']) {
      expect(await readActions(port, target, '{"a":', header)).toHaveLength(1);
    }
  };

  it("by the options of Fastify's router", async () => {
    const options = { ignoreDuplicateSlashes: true, useSemicolonDelimiter: true, caseSensitive: false };
    const rewriteUrl = ({ url = '' }): string => url.replace(/^\/shop/, '');
    const app = await start(new FastifyAdapter({ trustProxy: true, routerOptions: options, rewriteUrl }));
    await app.listen(0, '127.0.0.1');

    for (const target of ['//hosted', '/hosted;a=1', '/HOSTED', '/shop/hosted', '/things/7/PARTS']) {
      await expectFound(getPort(app.getHttpServer()), target);
    }
  });

  it('by the authority of HTTP/2', async () => {
    const app = await start(new FastifyAdapter({ http2: true } as object));
    await app.listen(0, '127.0.0.1');
    const session = connectHttp2(`http://127.0.0.1:${getPort(app.getHttpServer())}`);
    memory.clear();
    const head = { ':method': 'POST', ':path': '/hosted', ':authority': 'shop.example:80', 'x-case': '401' };
    await text(session.request(head).end('{}'));
    session.close();

    expect(memory.events).toMatchObject([{ action: 'hosted_change', outcome: 'denied' }]);
  });

  it('where the application rewrites paths, has a parent or has its own server', async () => {
    const inner = express().set('trust proxy', true);
    const app = await start(new ExpressAdapter(inner));
    app.use((request: { url: string }, _response: unknown, next: () => void) => {
      request.url = request.url.replace(/^\/shop/, '');
      next();
    });
    await app.init();
    for (const [handler, target] of [
      [inner, '/hosted'],
      [inner, '/shop/hosted'],
      [express().use('/nest', inner), '/nest/shop/hosted'],
    ] as const) {
      const server = createServer(handler).listen(0, '127.0.0.1');
      await eventually(() => Promise.resolve(server.listening));
      await expectFound(getPort(server), target).finally(() => server.close());
    }
  });
});
