import { randomBytes } from 'node:crypto';
import { Injectable, type CanActivate, type ExecutionContext, type INestApplication, type Type } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { ScheduleModule } from '@nestjs/schedule';
import { TypeOrmModule } from '@nestjs/typeorm';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { auditedPg, type AuditModuleOptions } from '../../src/audit/index.js';
import { AuditQuery, type EventQuery, type LedgerEvent } from '../../src/monitoring/index.js';
import { installCapture, RowChangesModule } from '../../src/extensions/row-changes/index.js';
import { startLedgerApp } from './ledger-app.js';
import { storeContextKey } from './context-scene.js';
import type { Adapter } from './http-app.js';
import { createTestDatabase, type TestDatabase } from './test-database.js';
import { tempFolder } from './temp-folder.js';
import { drained } from './settled.js';

export interface CapturedApp {
  readonly app: INestApplication;
  readonly url: string;
  readonly database: TestDatabase;
  readonly source: DataSource;
  readonly pg: typeof pg;
  events(query?: Partial<Omit<EventQuery, 'limit'>>): Promise<readonly LedgerEvent[]>;
  changes(): Promise<readonly LedgerEvent[]>;
  send(method: string, path: string, user?: string, body?: object): Promise<number>;
  close(): Promise<void>;
}

export interface CapturedAppParts {
  readonly entities: readonly Type[];
  readonly controllers?: readonly Type[];
  readonly providers?: readonly Type[];
  readonly adapter?: Adapter;
  readonly audit?: AuditModuleOptions;
  readonly poolSize?: number;
}

@Injectable()
class HeaderUser implements CanActivate {
  canActivate(context: ExecutionContext): true {
    const request = context.switchToHttp().getRequest<{ user?: object; headers: Record<string, string> }>();
    const id = request.headers['x-user'];
    if (id !== undefined) request.user = { id };
    return true;
  }
}

const ALL = { scope: 'all' } as const;

export async function startCapturedApp(parts: CapturedAppParts): Promise<CapturedApp> {
  const { entities, controllers = [], providers = [], adapter = 'express', audit = {}, poolSize = 5 } = parts;
  const database = await createTestDatabase();
  const spillDir = await tempFolder('audit-spill-');
  const key = randomBytes(32).toString('hex');
  await storeContextKey(database, 'test', key);
  const audited = { ...pg, ...auditedPg(pg, { key }) };
  const { app, url } = await startLedgerApp(database.url, {
    adapter,
    audit: { spillDir, ...audit },
    imports: [
      TypeOrmModule.forRoot({
        ...{ type: 'postgres', url: database.url, entities: [...entities], synchronize: true, poolSize },
        extra: { Client: audited.Client },
      }),
      ScheduleModule.forRoot(),
    ],
    extensions: [RowChangesModule.forRoot()],
    controllers: [...controllers],
    providers: [...providers, { provide: APP_GUARD, useClass: HeaderUser }],
  });
  const source = app.get(DataSource);
  await installCapture(source);
  let seen = 0;
  const events = async (query: Partial<Omit<EventQuery, 'limit'>> = {}): Promise<readonly LedgerEvent[]> => {
    await drained(database);
    const found: LedgerEvent[] = [];
    for await (const event of app.get(AuditQuery).all(ALL, { order: 'asc', ...query })) found.push(event);
    return found;
  };
  return {
    app,
    url,
    database,
    source,
    pg: audited,
    events,
    async changes() {
      const all = await events({ category: ['data_change'] });
      const news = all.slice(seen);
      seen = all.length;
      return news;
    },
    async send(method, path, user, body) {
      const headers = { 'content-type': 'application/json', ...(user !== undefined && { 'x-user': user }) };
      const response = await fetch(`${url}${path}`, { method, headers, body: JSON.stringify(body ?? {}) });
      await response.text();
      return response.status;
    },
    async close() {
      await app.close();
      await database.drop();
    },
  };
}
