import { clearInterval, setInterval } from '../../base/timers.js';
import { defineCommand } from '../define-command.js';

const LONG_MS = 2 ** 30;

export const command = defineCommand({
  name: 'worker',
  usage: ['<file>[#<export>]'],
  about: [
    'Starts the application without its HTTP server, with the role worker: it seals, publishes, retires and erases events, sends them to streams and runs the rules. The command ends after SIGTERM or SIGINT, when its current work is done.',
    'Run it beside instances with the role web (AUDIT_ROLE=web), and give the signing key and AUDIT_SEQUENCER_URL only to it. Several workers may run: one leads, and another one takes over.',
    'All modules of the application start, also their own timers and consumers of queues.',
  ],
  arguments: [
    [
      '<file>',
      'the built file of the root module, such as dist/app.module.js. #<export> names an export: a module class, a dynamic module, or a function that returns one. Without #<export>: the default export, else the only module that the file exports',
    ],
  ],
  options: {},
  json: '"endedBy"',
  environment: 'the command sets AUDIT_ROLE to worker before it loads the application.',
  examples: ['dist/app.module.js#AppModule'],
  exitCodes: '0 after a signal, 2 when the application does not start, or its ledger is off or has the role web.',
  run: async ({ words: [target = ''], isJson }) => {
    process.env.AUDIT_ROLE = 'worker';
    const { startWorker } = await import('../scan-application.js'); // loads Nest
    const app = await startWorker(target, isJson);
    const endedBy = await waitForSignal();
    await app.close();
    return { text: `The worker ended after ${endedBy}.\n`, data: { endedBy } };
  },
});

/** Resolves with the first signal to end, and keeps the process alive until then. The listeners stay, so that nothing else ends the process meanwhile. */
async function waitForSignal(): Promise<NodeJS.Signals> {
  const alive = setInterval(() => undefined, LONG_MS);
  const signal = await new Promise<NodeJS.Signals>((resolve) => {
    for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, resolve);
  });
  clearInterval(alive);
  return signal;
}
