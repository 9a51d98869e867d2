import { request as httpRequest } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  Controller,
  Module,
  Post,
  VERSION_NEUTRAL,
  VersioningType,
  type MiddlewareConsumer,
  type NestModule,
  type VersioningOptions,
} from '@nestjs/common';
import { Audited, AuditModule } from '../../src/audit/index.js';
import { InMemoryAuditProvider } from '../../src/audit/testing/index.js';
import { ADAPTERS, listen, type ListeningApp } from '../support/http-app.js';

const memory = new InMemoryAuditProvider();

@Controller({ path: 'things', version: VERSION_NEUTRAL })
class NeutralController {
  @Post('neutral')
  @Audited('neutral_change')
  change(): string {
    return 'of any version';
  }

  @Post('shared')
  @Audited('neutral_share')
  share(): string {
    return 'of any version';
  }
}

@Controller({ path: 'things', version: '1' })
class FirstController {
  @Post()
  @Audited('first_change')
  change(): string {
    return 'of version 1';
  }

  @Post('shared')
  @Audited('first_share')
  share(): string {
    return 'of version 1';
  }
}

@Controller({ path: 'things', version: ['2', '3'] })
class SecondController {
  @Post()
  @Audited('second_change')
  change(): string {
    return 'of version 2';
  }
}

@Controller({ path: 'shelves', host: [':tenant.example.com', /^(?<tenant>\w+)\.example\.org$/] })
class HostedController {
  @Post()
  @Audited('shelf_change', { resource: ({ request }) => ({ type: 'tenant', id: hostsOf(request).tenant }) })
  change(): string {
    return "a tenant's";
  }
}

function hostsOf(request: object): { readonly tenant?: string } {
  return (request as { readonly hosts: { readonly tenant?: string } }).hosts; // Nest's, on every request of a host's route
}

@Module({
  imports: [AuditModule.forRoot({ spillDir: false })],
  controllers: [NeutralController, FirstController, SecondController, HostedController],
  providers: [{ provide: InMemoryAuditProvider, useValue: memory }],
})
class RefusingModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    const refuse = (
      { headers }: { readonly headers: object },
      response: { statusCode: number; end(text: string): unknown },
      next: () => void,
    ): void => {
      if ('x-allowed' in headers) {
        next();
        return;
      }
      response.statusCode = 401;
      response.end('refused');
    };
    consumer.apply(refuse).forRoutes('{*all}');
  }
}

let listening: ListeningApp;

async function start(
  adapter: (typeof ADAPTERS)[number],
  versioning: VersioningOptions = { type: VersioningType.URI },
): Promise<void> {
  listening = await listen(RefusingModule, adapter, (app) => {
    app.enableVersioning(versioning);
  });
}

/** `fetch` does not send all of these headers. */
function post(path: string, headers: Readonly<Record<string, string>>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(`${listening.url}/${path}`, { method: 'POST', headers }, (response) => {
      response.resume().on('end', () => {
        resolve(response.statusCode);
      });
    });
    sent.on('error', reject).end();
  });
}

async function actionsOf(path: string, headers: Readonly<Record<string, string>>): Promise<readonly unknown[]> {
  expect(await post(path, headers)).toBe(401);
  return memory.events.map(({ action }) => action);
}

beforeEach(() => memory.clear());
afterEach(() => listening.app.close());

describe.each(ADAPTERS)('a request that middleware refuses, on %s', (adapter) => {
  const byHeader = (version: string): Record<string, string> => ({ 'x-api-version': version });
  const byMediaType = (version: string): Record<string, string> => ({
    accept: `text/html;note="a;v=1,b", application/json;q=1; v=${version}`,
  });

  describe.each([
    ['a header', { type: VersioningType.HEADER, header: 'X-Api-Version' } as const, byHeader],
    ['the media type', { type: VersioningType.MEDIA_TYPE, key: 'v=' } as const, byMediaType],
    [
      'an extractor',
      {
        type: VersioningType.CUSTOM,
        // Express's and Fastify's requests have headers.
        extractor: (request: unknown) =>
          (request as { headers: Record<string, string | undefined> }).headers['x-api-version'] ?? '',
      } as const,
      byHeader,
    ],
  ])('whose version is in %s', (_where, versioning, headersOf) => {
    it.each([
      ['1', ['first_change']],
      ['2', ['second_change']],
      ['3', ['second_change']],
      ['9', []],
    ])('is an event of the route of version %s', async (version, actions) => {
      await start(adapter, versioning);

      expect(await actionsOf('things', headersOf(version))).toEqual(actions);
    });

    it('is an event of a route of any version, and of no other where it names none', async () => {
      await start(adapter, versioning);

      expect(await actionsOf('things', {})).toEqual([]);
      expect(await actionsOf('things/neutral', headersOf('9'))).toEqual(['neutral_change']);
    });
  });

  it.each([
    ['things', '2,1'],
    ['things', '1,2'],
    ['things', '9,2,1'],
    ['things/shared', '1'],
    ['things/shared', '9'],
  ])(
    'whose extractor gives a list is an event of the route that an allowed one reaches: %s, %s',
    async (path, list) => {
      await start(adapter, {
        type: VersioningType.CUSTOM,
        // Express's and Fastify's requests have headers.
        extractor: (request) =>
          (request as { headers: Record<string, string> }).headers['x-api-version']?.split(',') ?? [],
      });
      await post(path, { ...byHeader(list), 'x-allowed': '1' });
      const reached = memory.events.map(({ action }) => action);
      expect(reached).toHaveLength(1);
      memory.clear();

      expect(await actionsOf(path, byHeader(list))).toEqual(reached);
    },
  );

  it.each([
    ['acme.example.com', [{ action: 'shelf_change', resource: { type: 'tenant', id: 'acme' } }]],
    ['Acme.Example.com:8080', [{ action: 'shelf_change', resource: { type: 'tenant', id: 'Acme' } }]],
    ['globex.example.org', [{ action: 'shelf_change', resource: { type: 'tenant', id: 'globex' } }]],
    ['elsewhere.net', []],
  ])('for the host %s is an event only of a controller of that host', async (host, events) => {
    await start(adapter);
    expect(await post('shelves', { host })).toBe(401);

    expect(memory.events).toMatchObject(events);
  });
});
