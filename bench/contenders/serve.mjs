// One contender as a process of its own: node serve.mjs <contender> <express|fastify>, with an IPC channel.
import { Session } from 'node:inspector/promises';
import { NestFactory } from '@nestjs/core';
import { CONTENDERS } from './contenders.mjs';

const [name, adapter] = process.argv.slice(2);
const { module, whyNot = () => undefined } = CONTENDERS[name];
const root = module({ url: process.env.BENCH_DATABASE_URL, directory: process.env.BENCH_DIR });
const app = await create();
await app.listen(0, '127.0.0.1');
process.send({ kind: 'ready', port: new URL(await app.getUrl()).port, skipped: await whyNot(app) });
process.on('message', ({ kind }) => void (kind === 'profile' ? profile() : close()));
process.on('disconnect', () => process.exit(1));

async function create() {
  const options = { logger: ['error', 'fatal'], abortOnError: false };
  if (adapter === 'express') return NestFactory.create(root, options);
  const { FastifyAdapter } = await import('@nestjs/platform-fastify');
  return NestFactory.create(root, new FastifyAdapter(), options);
}

let session;

/** Begins to profile when it is first asked, and sends the profile when it is asked again. */
async function profile() {
  if (session === undefined) {
    session = new Session();
    session.connect();
    await session.post('Profiler.enable');
    await session.post('Profiler.start');
    process.send({ kind: 'profile' });
  } else {
    const { profile: taken } = await session.post('Profiler.stop');
    process.send({ kind: 'profile', taken });
  }
}

async function close() {
  await app.close();
  process.removeAllListeners('disconnect');
  process.disconnect();
}
