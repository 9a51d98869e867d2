/*
 * An application with JetStream in front of its ledger, for tests to kill. Takes options of the ledger, and the spill folder, as JSON; records
 * events until its input ends, then stops in order. Writes the id of each event and its status once its receipt is there.
 */
import 'reflect-metadata';
import { setTimeout as pause } from 'node:timers/promises';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ScheduleModule } from '@nestjs/schedule';
import { AuditAggregator, AuditModule } from '../../../../dist/src/audit/index.js';
import { JetStreamModule } from '../../../../dist/src/modules/jetstream/index.js';
import { MonitoringModule } from '../../../../dist/src/modules/monitoring/index.js';

const AT_ONCE = 4;
const { spillDir, jetstream, ...ledger } = JSON.parse(process.argv[2]);

class WriterModule {}
Module({
  imports: [
    AuditModule.forRoot({ spillDir }),
    ScheduleModule.forRoot(),
    MonitoringModule.forRootAsync({ useFactory: () => ({ ...ledger, authorize: () => ({ scope: 'all' }) }) }),
    JetStreamModule.forRoot(jetstream),
  ],
})(WriterModule);

const app = await NestFactory.createApplicationContext(WriterModule, { logger: ['error', 'warn'] });
const audit = app.get(AuditAggregator);
let isEnding = false;
process.stdin.resume();
process.stdin.once('end', () => (isEnding = true));
await Promise.all(
  Array.from({ length: AT_ONCE }, async () => {
    while (!isEnding) {
      const { eventId, providers } = await audit.record('order_created', {
        actor: { type: 'user', id: 'u-1', name: 'Ada' },
      });
      process.stdout.write(`${eventId} ${providers.database.status}\n`);
      await pause(10);
    }
  }),
);
await app.close();
