/*
 * Tests kill this process, which causes more failures of one actor than are recorded one by one. Output: each event of the provider, and
 * `answered` after all receipts.
 */
import 'reflect-metadata';
import { setInterval } from 'node:timers';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AuditAggregator, AuditModule, AuditProvider } from '../../dist/src/audit/index.js';

const [spillDir, failures] = process.argv.slice(2);

class PrintingProvider {
  record(batch) {
    for (const event of batch) process.stdout.write(`${JSON.stringify(event)}\n`);
    return Promise.resolve();
  }
}
AuditProvider({ backend: 'printer' })(PrintingProvider);

class Root {}
Module({
  imports: [
    AuditModule.forRoot({
      spillDir,
      writerKey: 'a key of the tests that has 32 characters or more',
      maxFailuresPerMinute: 5,
    }),
  ],
  providers: [PrintingProvider],
})(Root);

const app = await NestFactory.createApplicationContext(Root, { logger: false });
const audit = app.get(AuditAggregator);
const fail = () => audit.record('vault_opening', { outcome: 'failure', actor: { id: 'ada' } });
await Promise.all(Array.from({ length: Number(failures) }, fail));
process.stdout.write('answered\n');
setInterval(() => undefined, 60_000); // until it is killed
