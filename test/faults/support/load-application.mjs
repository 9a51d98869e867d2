/*
 * A small application under the library as published, for tests to load and to kill: one route whose event is durable, one
 * that also writes an order, one whose event is buffered, and its health. Decorators are applied by hand, since this is
 * plain JavaScript. It waits for its database at boot, and stops in order on SIGTERM.
 */
import 'reflect-metadata';
import { Body, Controller, Get, Inject, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ScheduleModule } from '@nestjs/schedule';
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm';
import { AuditAggregator, Audited, AuditModule } from 'nestjs-audit-ledger';
import { MonitoringModule } from 'nestjs-audit-ledger/monitoring';

const { DATABASE_URL, SPILL_DIR, PORT = '0', PROVIDER_TIMEOUT_MS = '1000' } = process.env;

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
decorate('glance', Post('glances'), Audited('thing_glance', { delivery: 'buffered' }));
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
    TypeOrmModule.forRoot({ type: 'postgres', url: DATABASE_URL, retryAttempts: 600, retryDelay: 100 }),
    AuditModule.forRoot({ spillDir: SPILL_DIR, providerTimeoutMs: Number(PROVIDER_TIMEOUT_MS) }),
    ScheduleModule.forRoot(),
    MonitoringModule.forRootAsync({ useFactory: () => ({ connectionUrl: DATABASE_URL, authorize: () => true }) }),
  ],
  controllers: [LoadController],
})(LoadModule);

const app = await NestFactory.create(LoadModule, { logger: ['error', 'warn', 'log'], abortOnError: false });
app.enableShutdownHooks();
await app.listen(Number(PORT), '127.0.0.1');
console.log(`Listening on ${await app.getUrl()}`);
