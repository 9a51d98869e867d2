// Runs one contender as a separate process: node serve.mjs <contender> <express|fastify>, with an IPC channel.
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { NestFactory } from '@nestjs/core';
import { AuditAggregator } from 'nestjs-audit-ledger';
import { AuditQuery } from 'nestjs-audit-ledger/monitoring';
import { CONTENDERS } from './contenders.mjs';
import { makeInput, runAsRequest } from './typical-event.mjs';

const FIND_EVERY_MS = 2;
const REST_MS = 20;

const [name, adapter] = process.argv.slice(2);
const root = CONTENDERS[name].module({ url: process.env.BENCH_DATABASE_URL, directory: process.env.BENCH_DIR });
const app = await create();
await app.listen(0, '127.0.0.1');
process.send({ kind: 'ready', port: new URL(await app.getUrl()).port });
const ANSWERS = { gap: longestGap, find, close };
process.on('message', ({ kind, ...request }) => void ANSWERS[kind](request));
process.on('disconnect', () => process.exit(1));

async function create() {
  const options = { logger: ['error', 'fatal'], abortOnError: false };
  if (adapter === 'express') return NestFactory.create(root, options);
  const { FastifyAdapter } = await import('@nestjs/platform-fastify');
  return NestFactory.create(root, new FastifyAdapter(), options);
}

let delays;

/** Returns the longest delay of the event loop, in milliseconds, since the last call of this function. The first call starts the measurement. */
function longestGap() {
  const gapMs = delays === undefined ? 0 : delays.max / 1e6;
  delays ??= monitorEventLoopDelay({ resolution: 1 });
  delays.enable();
  delays.reset();
  process.send({ kind: 'gap', gapMs });
}

/** Records events one after another for a time, and measures how long after its receipt a question finds each of them. */
async function find({ windowMs }) {
  const [audit, ledger] = [app.get(AuditAggregator), app.get(AuditQuery)];
  const foundMs = [];
  for (const untilMs = performance.now() + windowMs; performance.now() < untilMs;) {
    const input = makeInput();
    await runAsRequest(() => audit.record('order_creation', input));
    const startedAtMs = performance.now();
    const query = { resourceType: input.resource.type, resourceId: input.resource.id, limit: 1 };
    while ((await ledger.find({ scope: 'all' }, query)).items.length === 0) await delay(FIND_EVERY_MS);
    foundMs.push(performance.now() - startedAtMs);
    await delay(REST_MS);
  }
  process.send({ kind: 'find', foundMs });
}

async function close() {
  await app.close();
  process.removeAllListeners('disconnect');
  process.disconnect();
}
