// When it gets a message, stores rows as fast as it can: node store-rows.mjs <row store or row update>, with an IPC channel.
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { ROW_STORES } from './row-stores.mjs';
import { ROW_UPDATES } from './row-updates.mjs';

const store = await { ...ROW_STORES, ...ROW_UPDATES }[process.argv[2]]({
  url: process.env.BENCH_DATABASE_URL,
  directory: process.env.BENCH_DIR,
});
process.send({ kind: 'ready' });
process.on('disconnect', () => process.exit(1));
process.on('message', (message) => void (message.kind === 'run' ? run(message) : close()));

async function run({ warmUpMs, windowMs }) {
  let stored = 0;
  let running = true;
  const work = async () => {
    while (running) {
      const some = await store.storeSome(); // `stored` must be read after the await, because other calls change it meanwhile
      stored += some;
    }
  };
  const workers = Promise.all(Array.from({ length: store.outstanding }, work));
  await delay(warmUpMs);
  const first = { stored, atMs: performance.now() };
  await delay(windowMs);
  const inWindow = stored - first.stored;
  const lengthMs = performance.now() - first.atMs;
  running = false;
  await workers;
  process.send({ kind: 'run', inWindow, windowMs: lengthMs, all: stored });
}

async function close() {
  await store.close();
  process.removeAllListeners('disconnect');
  process.disconnect();
}
