/*
 * Tests kill this application, which records events until its input ends. Input: the ledger's options and the spill folder as JSON. Output:
 * each event's id and status after the event's receipt.
 */
import 'reflect-metadata';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ScheduleModule } from '@nestjs/schedule';
import { AuditAggregator, AuditModule } from '../../../../dist/src/audit/index.js';
import { JetStreamModule } from '../../../../dist/src/extensions/jetstream/index.js';
import { MonitoringModule } from '../../../../dist/src/monitoring/index.js';

const { spillDir, jetstream, atOnce, ...ledger } = JSON.parse(process.argv[2]);

class WriterModule {}
Module({
  imports: [
    AuditModule.forRoot({ spillDir }),
    ScheduleModule.forRoot(),
    MonitoringModule.forRootAsync({ useFactory: () => ({ ...ledger, authorize: () => ({ scope: 'all' }) }) }),
    JetStreamModule.forRoot(jetstream),
  ],
})(WriterModule);

const app = await NestFactory.createApplicationContext(WriterModule, { logger: ['error', 'warn', 'log'] });
const audit = app.get(AuditAggregator);
let isEnding = false;
process.stdin.resume();
const ended = once(process.stdin, 'end').then(() => (isEnding = true));
await Promise.all([
  ended,
  ...Array.from({ length: atOnce }, async () => {
    while (!isEnding) {
      const { eventId, providers } = await audit.record('order_created', {
        actor: { type: 'user', id: 'u-1', name: 'Ada' },
      });
      process.stdout.write(`${eventId} ${providers.database.status}\n`);
      await pause(10);
    }
  }),
]);
await app.close();
