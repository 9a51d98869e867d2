import { request as httpRequest } from 'node:http';
import { beforeEach, describe, expect, it } from '@jest/globals';
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
import { ADAPTERS, listen } from '../support/http-app.js';
import { keptApp, closeEach } from '../support/close-after-tests.js';

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

@Module({
  imports: [AuditModule.forRoot({ spillDir: false })],
  controllers: [NeutralController, FirstController, SecondController],
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

interface Versioned {
  readonly headers: Readonly<Record<string, string | undefined>>; // of Express's and Fastify's requests
}

const VERSIONINGS = {
  'a header': { type: VersioningType.HEADER, header: 'X-Api-Version' },
  'the media type': { type: VersioningType.MEDIA_TYPE, key: 'v=' },
  'a list': {
    type: VersioningType.CUSTOM,
    extractor: (request: unknown) => (request as Versioned).headers['x-api-version']?.split(',') ?? [],
  },
} satisfies Readonly<Record<string, VersioningOptions>>;

const scenes = await closeEach(ADAPTERS, async (adapter) => {
  const urls = new Map<string, string>();
  for (const [where, versioning] of Object.entries(VERSIONINGS)) {
    const { url } = await keptApp(listen(RefusingModule, adapter, (app) => app.enableVersioning(versioning)));
    urls.set(where, url);
  }
  return { urls };
});

type Headers = Readonly<Record<string, string>>;
const byHeader = (version: string): Headers => ({ 'x-api-version': version });
const byMediaType = (version: string): Headers => ({ accept: `text/html, application/json;q=1; v=${version}` });

beforeEach(() => memory.clear());

describe.each(scenes)('a request that middleware refuses, on $adapter', ({ urls }) => {
  /** `fetch` does not send all of these headers. */
  const post = (where: string, path: string, headers: Headers): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const sent = httpRequest(`${urls.get(where)}/${path}`, { method: 'POST', headers }, (response) => {
        response.resume().on('end', () => resolve(response.statusCode));
      });
      sent.on('error', reject).end();
    });

  async function readActions(where: string, path: string, headers: Headers): Promise<readonly unknown[]> {
    memory.clear();
    expect(await post(where, path, headers)).toBe(401);
    return memory.events.map(({ action }) => action);
  }

  it.each([
    ['a header', byHeader],
    ['the media type', byMediaType],
    ['a list', byHeader],
  ])('is an event of the route of its version, which is in %s', async (where, buildHeaders) => {
    expect(await readActions(where, 'things', buildHeaders('1'))).toEqual(['first_change']);
    expect(await readActions(where, 'things', buildHeaders('2'))).toEqual(['second_change']);
    expect(await readActions(where, 'things', buildHeaders('3'))).toEqual(['second_change']);
    expect(await readActions(where, 'things', buildHeaders('9'))).toEqual([]);
    expect(await readActions(where, 'things', {})).toEqual([]);
    expect(await readActions(where, 'things/neutral', buildHeaders('9'))).toEqual(['neutral_change']);
  });

  it.each([
    ['things', '2,1'],
    ['things', '1,2'],
    ['things', '9,2,1'],
    ['things/shared', '1'],
    ['things/shared', '9'],
  ])('with a list of versions is an event of the route that an allowed one reaches: %s, %s', async (path, list) => {
    await post('a list', path, { ...byHeader(list), 'x-allowed': '1' });
    const reached = memory.events.map(({ action }) => action);
    expect(reached).toHaveLength(1);
    expect(await readActions('a list', path, byHeader(list))).toEqual(reached);
  });
});
