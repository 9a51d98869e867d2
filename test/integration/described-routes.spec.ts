import { Controller, Get, Module, SetMetadata, type Type } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AuditModule, InvalidOptionsError } from '../../src/audit/index.js';
import {
  AuditEventsController,
  MonitoringModule,
  type MonitoringAsyncOptions,
} from '../../src/modules/monitoring/index.js';
import { StreamsModule } from '../../src/modules/streams/index.js';
import { AuditViewerModule } from '../../src/modules/viewer/index.js';
import { WatchModule } from '../../src/modules/watch/index.js';
import { freshKeyFile } from '../support/fresh-key-file.js';
import { listen, type ListeningApp } from '../support/http-app.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

@Controller('teas')
class TeasController {
  @Get()
  list(): string[] {
    return ['green'];
  }
}

const ALL = ['/audit/events', '/audit/events/{id}', '/audit/checkpoint', '/audit/holds', '/audit/erasures', '/metrics'];

let database: TestDatabase;
let keyFile: string;
let apps: Readonly<Record<'silent' | 'described' | 'withoutMetrics', ListeningApp>>;

beforeAll(async () => {
  database = await createTestDatabase();
  keyFile = freshKeyFile();
  // In one process: what one application says must not change the others.
  apps = {
    silent: await listen(applicationWith({}), 'express'),
    described: await listen(applicationWith({ describeRoutes: true }), 'fastify'),
    withoutMetrics: await listen(applicationWith({ describeRoutes: true, metricsRoute: false }), 'express'),
  };
});
afterAll(async () => {
  for (const { app } of Object.values(apps)) await app.close();
  await database.drop();
});

type Routes = Pick<MonitoringAsyncOptions, 'describeRoutes' | 'metricsRoute'>;

function applicationWith(routes: Routes): Type<object> {
  const ledger = MonitoringModule.forRootAsync({
    ...routes,
    useFactory: () => ({
      connectionUrl: database.url,
      signingKeyFile: keyFile,
      publicMetrics: true,
      authorize: () => ({ scope: 'all' }),
    }),
  });
  const { describeRoutes = false } = routes;
  const rooms = [StreamsModule, WatchModule, AuditViewerModule].map((room) => room.forRoot({}, { describeRoutes }));
  @Module({ imports: [AuditModule.forRoot(), ledger, ...rooms], controllers: [TeasController] })
  class TeaShop {}
  return TeaShop;
}

/** The description that the application makes by its own code. */
function descriptionOf({ app }: ListeningApp): OpenAPIObject {
  return SwaggerModule.createDocument(app, new DocumentBuilder().build());
}

function ledgerPathsIn({ paths }: OpenAPIObject): readonly string[] {
  return Object.keys(paths).filter((path) => path.startsWith('/audit') || path === '/metrics');
}

/** These hold hashes, keys and signatures alone. */
const CACHED = /^\/audit\/(?:checkpoint|consistency|keys|tile\/(?!entries)|events\/\{id\}\/proof)/;

describe('a route of the ledger', () => {
  it.each(['described', 'withoutMetrics'] as const)('lets nobody store what it shows: %s', async (name) => {
    const { url } = apps[name];
    const description = descriptionOf(apps[name]);
    const paths = ledgerPathsIn(description).filter((path) => description.paths[path]?.get && !CACHED.test(path));
    const answers = paths.map(async (path) => {
      const shown = path.replace('{N}', '000').replaceAll(/\{\w+\}/g, '019a0000-0000-7000-8000-000000000000');
      const { headers, body } = await fetch(`${url}${shown}`);
      await body?.cancel();
      return [path, headers.get('cache-control')];
    });
    const lax = (await Promise.all(answers)).filter(([, caching]) => caching?.includes('no-store') !== true);
    expect(paths.length).toBeGreaterThan(20);
    expect(lax).toEqual([]);
  });
});

describe("the application's own OpenAPI description", () => {
  it('has its own routes alone, and none of our schemas, by default', () => {
    const { paths, components } = descriptionOf(apps.silent);

    expect(Object.keys(paths)).toEqual(['/teas']);
    expect(components?.schemas).toEqual({});
  });

  it('has the routes of the ledger with describeRoutes, under the same names in every application', () => {
    const description = descriptionOf(apps.described);

    expect(Object.keys(description.paths)).toContain('/teas');
    expect(ledgerPathsIn(description)).toEqual(expect.arrayContaining(ALL));
    expect(ledgerPathsIn(description).length).toBeGreaterThan(30);
    expect(description.paths['/audit/events']?.get).toMatchObject({
      operationId: expect.stringMatching(/^AuditEventsController_/),
      tags: ['audit'],
    });
    expect(ledgerPathsIn(descriptionOf(apps.withoutMetrics))).toEqual(
      ledgerPathsIn(description).filter((path) => path !== '/metrics'),
    );
  });

  it.each(['/audit/events', '/audit/stats', '/audit/state', '/audit/keys', '/audit/ui', '/metrics', '/teas'])(
    'changes nothing of what answers at GET %s',
    async (path) => {
      const statuses = await Promise.all(
        [apps.silent, apps.described].map(async ({ url }) => (await fetch(url + path)).status),
      );

      expect(statuses).toEqual([200, 200]);
    },
  );

  it('keeps what the application puts on a controller of the library, and its name', () => {
    const container = apps.silent.app.get(ModulesContainer);
    const controllers = [...container.values()].flatMap((module) => [...module.controllers.keys()]);
    const events = controllers.find(
      (each) => typeof each === 'function' && each.prototype instanceof AuditEventsController,
    );

    expect(events).toHaveProperty('name', 'AuditEventsController');
    SetMetadata('opened', true)(AuditEventsController);
    expect(Reflect.getMetadata('opened', events as object)).toBe(true); // it was found
    Reflect.deleteMetadata('opened', AuditEventsController);
  });
});

describe('the options that are known before the factory', () => {
  it.each([
    [{ describeRoutes: 'yes' }, 'describeRoutes is neither true nor false'],
    [{ metricsRoute: 0 }, 'metricsRoute is neither true nor false'],
    [{ describeRoute: true }, 'describeRoute is an unknown option (did you mean describeRoutes?)'],
    [{ useFactory: undefined }, 'useFactory is not a function'],
  ])('refuse %j', (options, problem) => {
    const wrong: object = { useFactory: () => ({}), ...options };
    const make = () => MonitoringModule.forRootAsync(wrong as MonitoringAsyncOptions); // as plain JavaScript may

    expect(make).toThrow(InvalidOptionsError);
    expect(make).toThrow(problem);
  });
});
