// Runs one contender as a separate process: node serve.mjs <contender> [express|fastify], with an IPC channel.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { NestFactory } from '@nestjs/core';
import { CONTENDERS } from './contenders.mjs';

const [name, adapter] = process.argv.slice(2);
const root = CONTENDERS[name].module({ url: process.env.BENCH_DATABASE_URL, directory: process.env.BENCH_DIR });
const app = await create();
await app.listen(0, '127.0.0.1');
process.send({ kind: 'ready', port: new URL(await app.getUrl()).port });
const ANSWERS = { gap: maxGap, close };
process.on('message', ({ kind, ...request }) => void ANSWERS[kind](request));
process.on('disconnect', () => process.exit(1));

async function create() {
  const options = { logger: ['error', 'fatal'], abortOnError: false };
  if (adapter !== 'fastify') return NestFactory.create(root, options);
  const { FastifyAdapter } = await import('@nestjs/platform-fastify');
  return NestFactory.create(root, new FastifyAdapter(), options);
}

let delays;

/** Returns the longest delay of the event loop, in milliseconds, since the last call of this function. The first call starts the measurement. */
function maxGap() {
  const gapMs = delays === undefined ? 0 : delays.max / 1e6;
  delays ??= monitorEventLoopDelay({ resolution: 1 });
  delays.enable();
  delays.reset();
  process.send({ kind: 'gap', gapMs });
}

async function close() {
  await app.close();
  process.removeAllListeners('disconnect');
  process.disconnect();
}
