// Records events at a fixed rate when told to, and says when each was due.
import { setTimeout as delay } from 'node:timers/promises';
import { NestFactory } from '@nestjs/core';
import { AuditAggregator } from 'nestjs-audit-ledger';
import { monotonicMs } from '../measure/monotonic-ms.mjs';
import { rootModule } from './decorate.mjs';
import { auditImports } from './ours.mjs';
import { makeInput, runAsRequest } from './typical-event.mjs';

const TICK_MS = 1;

const database = { url: process.env.BENCH_DATABASE_URL, directory: process.env.BENCH_DIR };
const app = await NestFactory.createApplicationContext(rootModule({ imports: auditImports(database) }), {
  logger: ['error', 'fatal'],
  abortOnError: false,
});
const audit = app.get(AuditAggregator);
process.send({ kind: 'ready' });
process.on('disconnect', () => process.exit(1));
process.on('message', (message) => void (message.kind === 'run' ? run(message) : close()));

async function run({ perSecond, windowMs }) {
  const total = Math.round((windowMs * perSecond) / 1_000);
  const startMs = monotonicMs();
  const records = [];
  while (records.length < total) {
    const isDueMs = startMs + (records.length * 1_000) / perSecond;
    if (isDueMs <= monotonicMs()) records.push(record(isDueMs));
    else await delay(TICK_MS);
  }
  process.send({ kind: 'run', due: await Promise.all(records) });
}

async function record(dueMs) {
  const { recorded, eventId } = await runAsRequest(() => audit.record('order_creation', makeInput()));
  if (!recorded) throw new Error('an event was not recorded');
  return [eventId, dueMs];
}

async function close() {
  await app.close();
  process.removeAllListeners('disconnect');
  process.disconnect();
}
