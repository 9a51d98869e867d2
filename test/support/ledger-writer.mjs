/*
 * An application with a ledger, for tests to kill. Takes options of the ledger, and the spill folder, as JSON; records
 * events without a pause until its input ends, then stops in order. Writes `recording` when it begins.
 */
import 'reflect-metadata';
import { setTimeout as pause } from 'node:timers/promises';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ScheduleModule } from '@nestjs/schedule';
import { AuditAggregator, AuditModule } from '../../dist/src/audit/index.js';
import { MonitoringModule } from '../../dist/src/modules/monitoring/index.js';

const AT_ONCE = 8;
const { spillDir, ...ledger } = JSON.parse(process.argv[2]);

class WriterModule {}
Module({
  imports: [
    AuditModule.forRoot({ spillDir }),
    ScheduleModule.forRoot(),
    MonitoringModule.forRootAsync({ useFactory: () => ({ ...ledger, authorize: () => ({ scope: 'all' }) }) }),
  ],
})(WriterModule);

const app = await NestFactory.createApplicationContext(WriterModule, { logger: ['error', 'warn'] });
const audit = app.get(AuditAggregator);
let isEnding = false;
process.stdin.resume();
process.stdin.once('end', () => (isEnding = true));
process.stdout.write('recording\n');
await Promise.all(
  Array.from({ length: AT_ONCE }, async () => {
    while (!isEnding) {
      await audit.record('order_created', { actor: { type: 'user', id: 'u-1', name: 'Ada' } });
      await pause(5);
    }
  }),
);
await app.close();
