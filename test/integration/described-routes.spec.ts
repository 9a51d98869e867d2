import type { Server } from 'node:http';
import { Controller, Get, Module, RequestMethod, VersioningType, type Type } from '@nestjs/common';
import { RouterModule } from '@nestjs/core';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { afterAll, describe, expect, it } from '@jest/globals';
import { AuditModule } from '../../src/audit/index.js';
import { describeLedger, MonitoringModule, type MonitoringAsyncOptions } from '../../src/monitoring/index.js';
import { StreamsModule } from '../../src/extensions/streams/index.js';
import { AuditViewerModule } from '../../src/extensions/viewer/index.js';
import { AlertsModule } from '../../src/extensions/alerts/index.js';
import { createTestDatabase, freshKeyFile, listen, type ListeningApp } from '../support/index.js';

@Controller('teas')
class TeasController {
  @Get()
  list(): string[] {
    return ['green'];
  }
}

const ALL = ['/audit/events', '/audit/events/{id}', '/audit/checkpoint', '/audit/holds', '/audit/erasures', '/metrics'];

const database = await createTestDatabase();
const keyFile = freshKeyFile();
const shop = await listen(applicationWith({ metricsRoute: true }), 'fastify');
const prefixed = await listen(applicationWith({}, 'inner'), 'express', (app) => {
  app.setGlobalPrefix('api', { exclude: [{ path: 'teas', method: RequestMethod.GET }] });
  app.enableVersioning({ type: VersioningType.URI, defaultVersion: '2' });
});
afterAll(async () => {
  for (const { app } of [shop, prefixed]) {
    (app.getHttpServer() as Server).closeAllConnections(); // Node's: fetch keeps some
    await app.close();
  }
  await database.drop();
});

function applicationWith(routes: Pick<MonitoringAsyncOptions, 'metricsRoute'>, path?: string): Type<object> {
  const ledger = MonitoringModule.forRootAsync({
    ...routes,
    useFactory: () => ({
      connectionUrl: database.url,
      signingKeyFile: keyFile,
      authorize: () => ({ scope: 'all' }),
    }),
  });
  const mounted = path === undefined ? [] : [RouterModule.register([{ path, module: MonitoringModule }])];
  const extensions = [StreamsModule, AlertsModule, AuditViewerModule].map((extension) => extension.forRoot());
  @Module({ imports: [AuditModule.forRoot(), ledger, ...extensions, ...mounted], controllers: [TeasController] })
  class TeaShop {}
  return TeaShop;
}

function readDescription({ app }: ListeningApp): OpenAPIObject {
  return SwaggerModule.createDocument(app, new DocumentBuilder().build());
}

/** These routes return only hashes, keys and signatures, so caches may keep their answers. */
const CACHED = /^\/audit\/(?:checkpoint|consistency|keys|tile\/(?!entries))/;

function listReadPaths({ app }: ListeningApp): readonly string[] {
  const { paths } = describeLedger(app, {});
  return Object.keys(paths).filter((path) => paths[path]?.get);
}

function filled(path: string): string {
  return path.replace('{N}', '000').replaceAll(/\{\w+\}/g, '019a0000-0000-7000-8000-000000000000');
}

it('a route of the ledger lets nobody store what it shows, nor a browser run it', async () => {
  const paths = listReadPaths(shop).filter((path) => !CACHED.test(path));
  const answers = paths.map(async (path) => {
    const { headers, body } = await fetch(`${shop.url}${filled(path)}`);
    await body?.cancel();
    const [caching, sniffing, policy] = ['cache-control', 'x-content-type-options', 'content-security-policy'].map(
      (name) => headers.get(name) ?? '',
    );
    return [path, caching?.includes('no-store') && sniffing === 'nosniff' && policy?.startsWith("default-src 'none'")];
  });
  const lax = (await Promise.all(answers)).filter(([, isProtected]) => isProtected !== true);
  expect(paths.length).toBeGreaterThan(10);
  expect(lax).toEqual([]);
});

describe("the application's own OpenAPI description", () => {
  it('has its own routes alone, and none of our schemas', () => {
    const { paths, components } = readDescription(shop);

    expect(Object.keys(paths)).toEqual(['/teas']);
    expect(components?.schemas).toEqual({});
  });

  it('has the routes of the ledger with describeLedger, and is not changed itself', () => {
    const own = readDescription(shop);
    const { paths, components } = describeLedger(shop.app, own);

    expect(Object.keys(paths)).toEqual(expect.arrayContaining(['/teas', ...ALL]));
    expect(Object.keys(paths).length).toBeGreaterThan(30);
    expect(paths).toMatchObject({
      '/audit/events': { get: { operationId: 'AuditEventsController_find', tags: ['audit'] } },
    });
    expect(components.schemas).toHaveProperty('LedgerEvent');
    expect(own).toEqual(readDescription(shop));
  });

  it('has them where the application has mounted them', async () => {
    const paths = listReadPaths(prefixed);
    const answers = paths.map(async (path) => {
      const { headers, body } = await fetch(prefixed.url + filled(path));
      await body?.cancel();
      return [path, headers.get('cache-control')];
    });
    const missing = (await Promise.all(answers)).filter(([, caching]) => caching === null); // which no route of ours answers

    expect(paths).toEqual(expect.arrayContaining(['/api/v2/inner/audit/events', '/api/v2/audit/gaps']));
    expect(paths.filter((path) => path.endsWith('/metrics'))).toEqual([]);
    expect(missing).toEqual([]);
  });
});

it.each([
  [{ metricsRoute: 0 }, 'metricsRoute is neither true nor false'],
  [{ metricRoute: true }, 'metricRoute is an unknown option (did you mean metricsRoute?)'],
  [{ useFactory: undefined }, 'useFactory is not a function'],
])('the options that are known before the factory refuse %j', (options, problem) => {
  const wrong: object = { useFactory: () => ({}), ...options };
  const make = () => MonitoringModule.forRootAsync(wrong as MonitoringAsyncOptions); // as plain JavaScript may

  expect(make).toThrow(expect.objectContaining({ code: 'AUDIT_OPTIONS_INVALID' }));
  expect(make).toThrow(problem);
});
