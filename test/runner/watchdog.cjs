const { Worker } = require('node:worker_threads');

/** No spec file takes so long, on no machine. */
const LIMIT_MS = Number(process.env.SPEC_LIMIT_MS ?? 15 * 60_000);

/** In a thread of its own: a file may hang in a loop that never ends. Jest then says which file it was, and starts another worker. */
const THREAD = `
  const { writeSync } = require('node:fs');
  const { Session } = require('node:inspector');
  const { parentPort } = require('node:worker_threads');
  let timer;
  let step = '';
  function end(path, limitMs) {
    writeSync(2, path + ' hangs in ' + step + ': it is ended after ' + limitMs / 1000 + ' s.\\n');
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), 2_000);
    const session = new Session();
    session.connectToMainThread();
    session.on('Debugger.paused', ({ params }) => {
      for (const { functionName, url, location } of params.callFrames)
        writeSync(2, '  at ' + functionName + ' ' + url + ':' + (location.lineNumber + 1) + '\\n');
      process.kill(process.pid, 'SIGKILL');
    });
    session.post('Debugger.enable');
    session.post('Debugger.pause');
  }
  parentPort.on('message', ({ path, limitMs, at }) => {
    if (at !== undefined) return (step = at);
    clearTimeout(timer);
    step = 'its imports';
    if (path !== undefined) timer = setTimeout(end, limitMs, path, limitMs);
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

/** Notes what the file does now, for the message. */
exports.note = (at) => thread?.postMessage({ at });
