import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  Body,
  Controller,
  Inject,
  Post,
  type CanActivate,
  type ExecutionContext,
  type INestApplication,
  type DynamicModule,
} from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { ScheduleModule } from '@nestjs/schedule';
import { TypeOrmModule } from '@nestjs/typeorm';
import {
  AuditAggregator,
  AuditProvider,
  type AuditEvent,
  type AuditModuleOptions,
  type AuditReceipt,
} from '../../src/audit/index.js';
import { type MonitoringOptions } from '../../src/monitoring/index.js';
import { RowChangesModule } from '../../src/extensions/row-changes/index.js';
import { StreamsModule } from '../../src/extensions/streams/index.js';
import { AlertsModule } from '../../src/extensions/alerts/index.js';
import { HealthController } from '../../src/shop/health/health.module.js';
import { HealthModule } from '../../src/shop/health/index.js';
import { eventually } from './eventually.js';
import { startLedgerApp } from './ledger-app.js';
import { sampleIn } from './prometheus-text.js';
import { createTestDatabase, type TestDatabase } from './test-database.js';
import { tempFolder } from './temp-folder.js';

@AuditProvider({ backend: 'mirror', categories: ['order'] })
class MirrorProvider implements AuditProvider {
  behave: (batch: readonly AuditEvent[]) => Promise<void> = () => Promise.resolve();

  async record(batch: readonly AuditEvent[]): Promise<void> {
    await this.behave(batch);
  }
}

/** `/health` shows details only to administrators. */
class HealthForAdministrators implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    if (context.getClass() === HealthController) {
      context.switchToHttp().getRequest<{ user?: object }>().user = { id: 'admin', roles: ['admin'] };
    }
    return true;
  }
}

export interface MetricsScene {
  readonly app: INestApplication;
  readonly url: string;
  readonly database: TestDatabase;
  readonly spillDir: string;
  readonly checkpointFile: string;
  readonly mirror: MirrorProvider;
  send(body?: OrderBody): Promise<AuditReceipt>;
  metric(name: string, labels?: Readonly<Record<string, string>>): Promise<number | undefined>;
  scrape(headers?: Readonly<Record<string, string>>): Promise<Response>;
  health(): Promise<{ readonly status: number; readonly audit: ShownHealth }>;
  asSuperuser(sql: string): Promise<readonly Record<string, unknown>[]>;
  takeLedgerAway(): Promise<void>;
  giveLedgerBack(): Promise<void>;
  close(): Promise<void>;
}

export interface ShownHealth {
  readonly status: string;
  readonly state: string;
  readonly reasons: readonly string[];
  readonly providers: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

interface OrderBody {
  readonly note?: string;
  /** Records so many events without waiting, instead of one event. */
  readonly unawaited?: number;
}

@Controller('orders')
class OrdersController {
  constructor(@Inject(AuditAggregator) private readonly audit: AuditAggregator) {}

  @Post()
  async place(@Body() { note = '', unawaited }: OrderBody): Promise<AuditReceipt | object> {
    if (unawaited !== undefined) {
      for (let nth = 0; nth < unawaited; nth++) void this.audit.record('order_creation');
      return {};
    }
    return this.audit.record('order_creation', { category: 'order', details: { note } });
  }
}

/** A provider gets one minute, so that a slow machine causes no failures. */
export async function startMetricsScene({
  monitoring = {},
  audit = {},
  spills = true,
  extensions = [RowChangesModule.forRoot(), StreamsModule.forRoot(), AlertsModule.forRoot()],
}: {
  readonly monitoring?: Partial<MonitoringOptions>;
  readonly audit?: AuditModuleOptions;
  readonly spills?: boolean;
  readonly extensions?: readonly DynamicModule[];
} = {}): Promise<MetricsScene> {
  const role = `ledger_${randomBytes(6).toString('hex')}`;
  const database = await createTestDatabase({ roles: [role] });
  const folder = await tempFolder('audit-metrics-');
  const spillDir = join(folder, 'spill');
  await mkdir(spillDir);
  const checkpointFile = join(folder, 'checkpoints');
  const asSuperuser = (sql: string) => database.superuserSql(sql);
  await asSuperuser(
    `CREATE ROLE ${role} LOGIN PASSWORD 'right' IN ROLE audit_writer, audit_reader, audit_sequencer, audit_keeper`,
  );
  const connectionUrl = Object.assign(new URL(database.url), { username: role, password: 'right' }).href;
  const mirror = new MirrorProvider();

  const { app, url } = await startLedgerApp(connectionUrl, {
    audit: { providerTimeoutMs: 60_000, ...(spills ? { spillDir } : {}), ...audit },
    imports: [TypeOrmModule.forRoot({ type: 'postgres', url: database.url }), ScheduleModule.forRoot(), HealthModule],
    monitoring: { checkpointFile, checkpointIntervalSeconds: 1, recordReads: true, ...monitoring },
    extensions,
    controllers: [OrdersController],
    providers: [
      { provide: MirrorProvider, useValue: mirror },
      { provide: APP_GUARD, useValue: new HealthForAdministrators() },
    ],
  });
  const scrape: MetricsScene['scrape'] = (headers = {}) => fetch(`${url}/metrics`, { headers });
  const disconnect = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '${role}'`;
  return {
    app,
    url,
    database,
    spillDir,
    checkpointFile,
    mirror,
    scrape,
    asSuperuser,
    send: async (body = {}) => {
      const response = await fetch(`${url}/orders`, {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      });
      return (await response.json()) as AuditReceipt; // what the route returns
    },
    metric: async (name, labels) => sampleIn(await (await scrape()).text(), name, labels),
    health: async () => {
      const response = await fetch(`${url}/health`);
      const { details } = (await response.json()) as { details: { audit: ShownHealth } }; // what terminus answers
      return { status: response.status, audit: details.audit };
    },
    takeLedgerAway: async () => {
      await asSuperuser(`ALTER ROLE ${role} NOLOGIN`);
      await eventually(async () => (await asSuperuser(disconnect)).length === 0);
    },
    giveLedgerBack: async () => {
      await asSuperuser(`ALTER ROLE ${role} LOGIN`);
    },
    close: async () => {
      await app.close();
      await database.drop();
    },
  };
}
