// Adds events to a ledger without a pause, as its provider does, from when it is told to until it is told to stop.
import { performance } from 'node:perf_hooks';
import { NestFactory } from '@nestjs/core';
import { AuditModule } from 'nestjs-audit-ledger';
import pg from 'pg';
import { EventFactory } from '../../dist/src/audit/event-factory.service.js';
import { PersonalNames } from '../../dist/src/audit/personal-names.service.js';
import { insertEvents } from '../../dist/src/modules/monitoring/store/insert-events.js';
import { addressWith } from '../../dist/src/modules/monitoring/store/ledger-address.js';
import { WRITER } from '../../dist/src/modules/monitoring/store/ledger-roles.js';
import { sealEvents } from '../../dist/src/modules/monitoring/store/seal-row.js';
import { percentile } from '../statistics.mjs';
import { rootModule } from './decorate.mjs';
import { makeInput, runAsRequest } from './typical-event.mjs';

const app = await NestFactory.createApplicationContext(
  rootModule({ imports: [AuditModule.forRoot({ spill: false })] }),
  {
    logger: ['error'],
    abortOnError: false,
  },
);
const factory = app.get(EventFactory, { strict: false });
const names = app.get(PersonalNames, { strict: false });
const pool = new pg.Pool({
  ...{ connectionString: addressWith(process.env.BENCH_DATABASE_URL, WRITER.settings), max: 20 },
  application_name: 'keep-writing',
});
let isWriting = false;
let written;

process.send({ kind: 'ready' });
process.on('disconnect', () => process.exit(1));
process.on('message', (message) => void ({ start, stop }[message.kind]?.(message) ?? close()));

function start({ writers, batchEvents }) {
  isWriting = true;
  const commitsMs = [];
  const write = async () => {
    while (isWriting) {
      const batch = runAsRequest(() =>
        Array.from({ length: batchEvents }, () => factory.create('order_creation', makeInput())),
      );
      const statement = insertEvents(sealEvents(batch, (type) => names.rulesFor(type)));
      const startedMs = performance.now();
      await pool.query(statement);
      commitsMs.push(performance.now() - startedMs);
    }
    return commitsMs;
  };
  written = Promise.all(Array.from({ length: writers }, write)).then(() => commitsMs);
  process.send({ kind: 'start' });
  return written;
}

async function stop() {
  isWriting = false;
  const commitsMs = await written;
  process.send({
    ...{ kind: 'stop', commits: commitsMs.length, p50Ms: percentile(commitsMs, 50), p99Ms: percentile(commitsMs, 99) },
    longestMs: Math.max(...commitsMs),
  });
}

async function close() {
  await pool.end();
  await app.close();
  process.removeAllListeners('disconnect');
  process.disconnect();
}
