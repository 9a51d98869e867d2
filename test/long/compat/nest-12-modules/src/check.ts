import 'reflect-metadata';
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { AuditModule } from 'nestjs-audit-ledger';
import { migrateLedger } from 'nestjs-audit-ledger/monitoring';
import { checkLedger } from './check-ledger.js';
import { ExpressAppModule } from './express-app.module.js';
import { FastifyAppModule } from './fastify-app.module.js';

const logger = { logger: ['error', 'warn'] as ('error' | 'warn')[] };

if (process.argv[2] === 'express') {
  const app = await NestFactory.create(ExpressAppModule, logger);
  await app.listen(0, '127.0.0.1');
  await checkLedger(await app.getUrl());
  assert.deepEqual(Object.keys(SwaggerModule.createDocument(app, new DocumentBuilder().build()).paths), ['/orders']);
  await app.close();
} else {
  // The command ran before: nothing is left to do.
  const connectionUrl = process.env.DATABASE_URL ?? '';
  assert.deepEqual((await migrateLedger({ connectionUrl, schema: 'Audit Log' })).ran, []);
  const app = await NestFactory.create<NestFastifyApplication>(FastifyAppModule, new FastifyAdapter(), logger);
  await app.listen(0, '127.0.0.1');
  await checkLedger(await app.getUrl());
  await app.close();
}

const required = createRequire(import.meta.url)('nestjs-audit-ledger') as { AuditModule: unknown };
assert.equal(required.AuditModule, AuditModule);
