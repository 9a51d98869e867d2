import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Get, Module, type MiddlewareConsumer, type NestModule } from '@nestjs/common';
import { Audited, AuditModule } from '../../src/audit/index.js';
import { InMemoryAuditProvider } from '../../src/audit/testing/index.js';
import { ADAPTERS, eventually, listen, type ListeningApp, keptApp, closeEach } from '../support/index.js';
import { NODE_BEHAVIOURS } from '../support/waiting/node-behaviours.js';
import { waiting, WaitingProvider } from '../support/waiting/waiting-provider.js';
import { recordedEnds } from '../support/waiting/recorded-ends.js';
import { comparable, exchange, requestText, parseStatus } from '../support/waiting/raw-client.js';

const memory = new InMemoryAuditProvider();

@Controller()
class ThingController {
  @Get('thing')
  @Audited('thing_read')
  read(): string {
    return 'never reached';
  }
}

function refuse(notes: unknown[]) {
  return (request: IncomingMessage, response: ServerResponse): void => {
    const requested = new URL(request.url ?? '', 'http://localhost').searchParams;
    response.on('error', () => undefined);
    response.statusCode = Number(requested.get('status') ?? 401);
    const done: unknown = NODE_BEHAVIOURS[requested.get('do') ?? '']?.(response, (seen) => notes.push(seen), request);
    if (done instanceof Promise) done.catch(() => undefined); // nobody waits for a middleware
  };
}

function applicationThatRefuses(imports: unknown[], providers: unknown[], notes: unknown[] = []) {
  @Module({ imports: imports as [], controllers: [ThingController], providers: providers as [] })
  class RefusingModule implements NestModule {
    configure(consumer: MiddlewareConsumer): void {
      consumer.apply(refuse(notes)).forRoutes('{*all}');
    }
  }
  return RefusingModule;
}

const buildPath = (behaviour: string, status = 401): string =>
  `/thing?status=${status}&do=${encodeURIComponent(behaviour)}`;

const scenes = await closeEach(ADAPTERS, async (adapter) => {
  const notes = { bare: [] as unknown[], audited: [] as unknown[] };
  const providers = [{ provide: InMemoryAuditProvider, useValue: memory }, WaitingProvider];
  const core = AuditModule.forRoot({ spillDir: false, maxFailuresPerMinute: false });
  const bare = await keptApp(listen(applicationThatRefuses([], [], notes.bare), adapter));
  const audited = await keptApp(listen(applicationThatRefuses([core], providers, notes.audited), adapter));
  return { notes, bare, audited };
});

describe.each(scenes)('a refusal by middleware, on $adapter', ({ notes, bare, audited }) => {
  beforeEach(() => {
    memory.clear();
    waiting.calls = 0;
    waiting.stored = Promise.resolve();
    notes.bare.length = 0;
    notes.audited.length = 0;
  });

  /** Of handlers, waiting-response.spec compares all. A throwing middleware ends the request on Express with a page of the stack. */
  const COMPARED =
    /^(ends with a text|ends without|ends twice|ends, then sets|writes and ends|writes in many|answers 204$|flushes|pipes)/;

  it.each(Object.keys(NODE_BEHAVIOURS).filter((name) => COMPARED.test(name)))(
    'that %s is what the bare one would have been, and one event',
    async (behaviour) => {
      const text = requestText('GET', buildPath(behaviour));
      const expected = comparable(await exchange(bare.url, text));
      const seen = comparable(await exchange(audited.url, text));

      expect(seen).toBe(expected);
      await eventually(() => notes.audited.length >= notes.bare.length);
      expect(notes.audited).toEqual(notes.bare);
      const status = parseStatus(seen) ?? 0;
      expect(recordedEnds(memory.events).map(({ request }) => request?.statusCode)).toEqual(status > 0 ? [status] : []); // whatever it answered
    },
  );

  it.each(['ends with a text', 'writes in many turns'])(
    'that %s is not complete for its client before its event is stored',
    async (behaviour) => {
      let release: () => void = () => undefined;
      waiting.stored = new Promise((resolve) => (release = resolve));
      const { hostname, port } = new URL(audited.url);
      let bytes = '';
      let isEnded = false;
      const socket = connect(Number(port), hostname, () => socket.write(requestText('GET', buildPath(behaviour))));
      socket.on('data', (piece) => (bytes += piece.toString('latin1'))).on('close', () => (isEnded = true));
      await eventually(() => waiting.calls > 0);
      await (await fetch(`${audited.url}/nowhere?do=ends%20with%20a%20text`)).text(); // whatever was sent is here

      expect(isEnded).toBe(false);
      expect(bytes).not.toMatch(/\r\n0\r\n\r\n$|done$|12345678$/);
      release();
      await eventually(() => isEnded);
      expect(bytes).toMatch(/^HTTP\/1.1 401 /);
    },
  );
});

describe.each(ADAPTERS)('a refusal whose event can be stored nowhere, on %s', (adapter) => {
  let listening: ListeningApp | undefined;

  afterEach(async () => {
    await listening?.app.close();
    listening = undefined;
  });

  const request = async (onFailure: 'open' | 'closed'): Promise<Response> => {
    waiting.stored = Promise.reject(new Error('the store is down'));
    waiting.stored.catch(() => undefined);
    const core = AuditModule.forRoot({ spillDir: false, onFailure });
    listening = await listen(applicationThatRefuses([core], [WaitingProvider]), adapter);
    return fetch(listening.url + buildPath('ends with a text'));
  };

  it('is answered as refused where the policy is open: the event is counted as lost', async () => {
    expect((await request('open')).status).toBe(401);
  });

  it('is answered with 503 where the policy is closed, as one of a guard: no client sees what no event says', async () => {
    const answer = await request('closed');

    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ code: 'AUDIT_UNAVAILABLE' });
  });
});
