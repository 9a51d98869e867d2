import 'reflect-metadata';
import assert from 'node:assert/strict';
import { join, resolve } from 'node:path';
import { Module, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { SchedulerRegistry } from '@nestjs/schedule';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { AuditAggregator, AuditError, AuditModule, InvalidError } from 'nestjs-audit-ledger';
import { describeLedger, MonitoringModule, type MonitoringOptions } from 'nestjs-audit-ledger/monitoring';
import { checkLedger } from './check-ledger';
import { AppModule } from './app.module';

async function main(): Promise<void> {
  const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] });
  await app.listen(0, '127.0.0.1');
  await checkLedger(await app.getUrl());

  // One copy in the process, whoever loads it in which way.
  const imported = await import('nestjs-audit-ledger');
  assert.equal(imported.AuditModule, AuditModule);
  assert.equal(app.get(imported.AuditAggregator), app.get(AuditAggregator));
  assert.throws(
    () => imported.AuditModule.forRoot({ spillDir: '' }),
    (error) => error instanceof InvalidError && error instanceof AuditError && error.code === 'AUDIT_OPTIONS_INVALID',
  );
  assert.deepEqual(describedPaths(app), ['/orders']);
  // The oldest version that knows Nest 11 lists the ledger's jobs.
  assert.ok(app.get(SchedulerRegistry).getIntervals().includes('audit-ledger-partitions'));
  await app.close();
  await checkDescribedRoutes();
  await checkSecondCopy();
}

function describedPaths(app: INestApplication): readonly string[] {
  return Object.keys(SwaggerModule.createDocument(app, new DocumentBuilder().build()).paths);
}

/** The application's own description has the routes of the ledger if it adds them. */
async function checkDescribedRoutes(): Promise<void> {
  class Described {}
  const useFactory = (): MonitoringOptions => ({
    connectionUrl: process.env.DATABASE_URL ?? '',
    authorize: () => false,
  });
  const ledger = MonitoringModule.forRootAsync({ metricsRoute: true, useFactory });
  Module({ imports: [AuditModule.forRoot(), ledger] })(Described);
  const app = await NestFactory.create(Described, { logger: ['error', 'warn'] });
  await app.init();
  const { paths } = describeLedger(app, SwaggerModule.createDocument(app, new DocumentBuilder().build()));
  for (const path of ['/audit/events', '/metrics']) assert.ok(path in paths, path);
  await app.close();
}

/** A copy by its path is another one: the boot says so. */
async function checkSecondCopy(): Promise<void> {
  require(join(resolve('node_modules/nestjs-audit-ledger'), 'dist/cjs/index.js'));
  const warnings: unknown[] = [];
  class Warned {}
  Module({ imports: [AuditModule.forRoot()] })(Warned);
  const ignore = (): void => undefined;
  const logger = { log: ignore, error: ignore, warn: (message: unknown) => warnings.push(message) };
  const app = await NestFactory.createApplicationContext(Warned, { logger });
  await app.close();
  assert.match(String(warnings[0]), /another copy of nestjs-audit-ledger/);
}

void main();
