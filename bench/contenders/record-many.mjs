// Records many events while the database stalls, and says what that does to the heap. Needs --expose-gc.
import { clearInterval, setInterval } from 'node:timers';
import { NestFactory } from '@nestjs/core';
import { AuditAggregator } from 'nestjs-audit-ledger';
import { rootModule } from './decorate.mjs';
import { auditImports } from './ours.mjs';
import { makeInput, runAsRequest } from './typical-event.mjs';

const OUTSTANDING = 1_000;
const LOOK_EVERY_MS = 50;

const database = { url: process.env.BENCH_DATABASE_URL, directory: process.env.BENCH_DIR };
const app = await NestFactory.createApplicationContext(rootModule({ imports: auditImports(database) }), {
  logger: ['error', 'fatal'],
  abortOnError: false,
});
const audit = app.get(AuditAggregator);
process.send({ kind: 'ready' });
process.on('disconnect', () => process.exit(1));
process.on('message', (message) => void (message.kind === 'run' ? run(message) : close()));

async function run({ events }) {
  await record(OUTSTANDING);
  await audit.drain();
  const idleBytes = collectedHeap();
  const peak = { bytes: 0 };
  const watching = setInterval(
    () => (peak.bytes = Math.max(peak.bytes, process.memoryUsage().heapUsed)),
    LOOK_EVERY_MS,
  );
  await record(Math.floor(events / 2));
  process.send({ kind: 'half' });
  await record(Math.ceil(events / 2));
  process.send({ kind: 'recorded' });
  await audit.drain();
  clearInterval(watching);
  const afterBytes = collectedHeap();
  process.send({ kind: 'run', idleBytes, afterBytes, peakBytes: peak.bytes, all: events + OUTSTANDING, statuses });
}

const statuses = {};

/** Every second event is buffered; so many calls are outstanding at any time. */
async function record(events) {
  let begun = 0;
  const work = async () => {
    while (begun < events) {
      const delivery = begun++ % 2 === 0 ? 'durable' : 'buffered';
      const receipt = await runAsRequest(() => audit.record('order_creation', makeInput(), { delivery }));
      for (const { status } of Object.values(receipt.providers)) statuses[status] = (statuses[status] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: OUTSTANDING }, work));
}

function collectedHeap() {
  globalThis.gc();
  return process.memoryUsage().heapUsed;
}

async function close() {
  await app.close();
  process.removeAllListeners('disconnect');
  process.disconnect();
}
