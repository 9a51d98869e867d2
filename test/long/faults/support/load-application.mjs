/*
 * A small application under the library as published, for tests to load and to kill: one route whose event is durable, one
 * that also writes an order, one that does not wait for its event, and its health. It waits for its database at boot, and stops in
 * order on SIGTERM, unless SHUTDOWN_HOOKS is `off`, or `exit`: then it exits at once.
 * Decorators are applied by hand, since this is plain JavaScript.
 */
import 'reflect-metadata';
import { Body, Controller, Get, Inject, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ScheduleModule } from '@nestjs/schedule';
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm';
import { AuditAggregator, Audited, AuditModule } from 'nestjs-audit-ledger';
import { MonitoringModule } from 'nestjs-audit-ledger/monitoring';

const {
  DATABASE_URL,
  SPILL_DIR,
  SPILL_KEY,
  PORT = '0',
  PROVIDER_TIMEOUT_MS = '1000',
  SHUTDOWN_HOOKS = 'on',
} = process.env;

class LoadController {
  constructor(audit, dataSource) {
    this.audit = audit;
    this.dataSource = dataSource;
  }

  change() {
    return {};
  }

  async order({ id }) {
    await this.dataSource.query('INSERT INTO load_order (id) VALUES ($1)', [id]);
    return { id };
  }

  glance() {
    void this.audit.record('thing_glance');
    return {};
  }

  health() {
    return this.audit.health();
  }
}
decorate('change', Post('changes'), Audited('thing_change'));
decorate(
  'order',
  Post('orders'),
  Audited('order_creation', { resource: ({ result }) => ({ type: 'order', id: result.id }) }),
);
decorate('glance', Post('glances'));
decorate('health', Get('health'));
Body()(LoadController.prototype, 'order', 0);
Inject(AuditAggregator)(LoadController, undefined, 0);
Inject(getDataSourceToken())(LoadController, undefined, 1);
Controller()(LoadController);

function decorate(method, ...decorators) {
  const descriptor = Object.getOwnPropertyDescriptor(LoadController.prototype, method);
  for (const decorator of decorators) decorator(LoadController.prototype, method, descriptor);
}

class LoadModule {}
Module({
  imports: [
    TypeOrmModule.forRoot({
      type: 'postgres',
      url: DATABASE_URL,
      retryAttempts: 600,
      retryDelay: 100,
      // Without the listener, a connection that breaks in the turn of its creation ends the process.
      extra: { onConnect: (client) => void client.on('error', () => undefined) },
    }),
    AuditModule.forRoot({
      spillDir: SPILL_DIR,
      writerKey: SPILL_KEY,
      providerTimeoutMs: Number(PROVIDER_TIMEOUT_MS),
    }),
    ScheduleModule.forRoot(),
    MonitoringModule.forRootAsync({
      useFactory: () => ({
        connectionUrl: DATABASE_URL,
        authorize: () => ({ scope: 'all' }),
      }),
    }),
  ],
  controllers: [LoadController],
})(LoadModule);

const app = await NestFactory.create(LoadModule, {
  logger: ['error', 'warn', 'log'],
  abortOnError: false,
  return503OnClosing: true, // else a connection that is always busy keeps it from ending
});
if (SHUTDOWN_HOOKS === 'on') app.enableShutdownHooks();
if (SHUTDOWN_HOOKS === 'exit') process.on('SIGTERM', () => process.exit(7));
await app.listen(Number(PORT), '127.0.0.1');
console.log(`Listening on ${await app.getUrl()}`);
