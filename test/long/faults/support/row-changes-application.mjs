/*
 * An application that drains row changes while four clients change the table `stock`, for tests to kill. Takes the options of the ledger, the
 * spill folder, and the number of clients (4) as JSON. Writes `changing` when it begins; a client whose connection breaks connects again.
 */
import 'reflect-metadata';
import { setTimeout as pause } from 'node:timers/promises';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ScheduleModule } from '@nestjs/schedule';
import pg from 'pg';
import { AuditModule } from '../../../../dist/src/audit/index.js';
import { MonitoringModule } from '../../../../dist/src/monitoring/index.js';
import { RowChangesModule } from '../../../../dist/src/extensions/row-changes/index.js';

const { spillDir, clients: CLIENTS = 4, ...ledger } = JSON.parse(process.argv[2]);

class DrainModule {}
Module({
  imports: [
    AuditModule.forRoot({ spillDir }),
    ScheduleModule.forRoot(),
    MonitoringModule.forRootAsync({
      useFactory: () => ({ ...ledger, authorize: () => ({ scope: 'all' }) }),
    }),
    RowChangesModule.forRoot(),
  ],
})(DrainModule);

await NestFactory.createApplicationContext(DrainModule, { logger: ['error'] });
process.stdout.write('changing\n');
await Promise.all(Array.from({ length: CLIENTS }, (_, number) => changeForEver(number)));

/** Each client has keys of its own, so that none waits for another. */
async function changeForEver(number) {
  for (;;) {
    const client = new pg.Client({ connectionString: ledger.connectionUrl });
    client.on('error', () => undefined); // the statement under way rejects with it
    try {
      await client.connect();
      for (;;) await changeOnce(client, number);
    } catch {
      await pause(50);
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}

async function changeOnce(client, number) {
  const key = Math.floor(Math.random() * 200) * CLIENTS + number;
  const others = [key, key + 1000 * CLIENTS];
  await client.query('BEGIN');
  await client.query(
    'INSERT INTO stock VALUES ($1, 1), ($2, 1) ON CONFLICT (id) DO UPDATE SET pieces = stock.pieces + 1',
    others,
  );
  await client.query('SAVEPOINT inner_one');
  await client.query('DELETE FROM stock WHERE id = ANY ($1) AND pieces % 3 = 0', [others]);
  if (Math.random() < 0.3) await client.query('ROLLBACK TO SAVEPOINT inner_one');
  await client.query(
    'UPDATE stock SET id = id + 100000 WHERE id = $1 AND pieces % 5 = 0 AND NOT EXISTS (SELECT FROM stock o WHERE o.id = $1 + 100000)',
    [key],
  );
  await client.query(Math.random() < 0.2 ? 'ROLLBACK' : 'COMMIT');
}
