const { Worker } = require('node:worker_threads');

/** No spec file takes so long, on no machine. */
const LIMIT_MS = Number(process.env.SPEC_LIMIT_MS ?? 15 * 60_000);

/** In a thread of its own: a file may hang in a loop that never ends. Jest then says which file it was, and starts another worker. */
const THREAD = `
  const { writeSync } = require('node:fs');
  const { parentPort } = require('node:worker_threads');
  let timer;
  parentPort.on('message', ({ path, limitMs }) => {
    clearTimeout(timer);
    if (path === undefined) return;
    timer = setTimeout(() => {
      writeSync(2, path + ' hangs: it is ended after ' + limitMs / 1000 + ' s.\\n');
      process.kill(process.pid, 'SIGKILL');
    }, limitMs);
  });`;

let thread;

/** Ends this process if the file is not over in time; `undefined` stands for none. */
exports.watch = (path) => {
  if (thread === undefined) {
    thread = new Worker(THREAD, { eval: true });
    thread.unref();
  }
  thread.postMessage({ path, limitMs: LIMIT_MS });
};
