import type { JetStreamOptions } from '../modules/jetstream/ingest-options.js';
import { defineCommand } from './define-command.js';
import { keyOfEnvironment } from './key-of-environment.js';
import { text } from './options.js';
import { parseJsonObject } from './parse-json-object.js';
import { readInput } from './read-input.js';
import { showLines } from './show-lines.js';

export const command = defineCommand({
  name: 'worker',
  usage: ['--file <file> [options]'],
  about: [
    'Stores the events in JetStream, for applications with JetStreamModule. It runs until it is told to end, and then finishes the transaction under way. One of all workers stores, those of applications included; the others wait to take over.',
  ],
  options: {
    file: text(
      '<file>',
      'the options of JetStreamModule as JSON, as {"servers": ["n1:4222"], "stream": "AUDIT"}; - is the standard input',
    ),
  },
  connects: 'sealer',
  json: '"stored"',
  environment: 'AUDIT_LEDGER_ORIGIN, with the application’s value.',
  examples: ['--file jetstream.json'],
  exitCodes: '0 when it was told to end, 2 when the command failed.',
  run: async ({ options, environment, sealer, progress, refuse }) => {
    const { file } = options;
    if (file === undefined) return refuse('it needs --file with the options of the application’s JetStreamModule');
    const given = parseJsonObject(await readInput(file));
    if (typeof given === 'string') return refuse(`--file ${file}: ${given}`);
    const { resolveIngest } = await import('../modules/jetstream/ingest-options.js');
    const problems: string[] = [];
    const ingest = resolveIngest(given as unknown as JetStreamOptions, problems); // checked one by one
    if (problems.length > 0) return refuse(...problems.map((problem) => `--file ${file}: ${problem}`));
    const { loadNats } = await import('../modules/jetstream/ingest-stream.js');
    const { IngestLoop } = await import('../modules/jetstream/ingest-loop.js'); // it loads the PostgreSQL client
    await loadNats();
    const loop = new IngestLoop({
      ingest,
      origin: keyOfEnvironment(environment).origin,
      sequencerUrl: await sealer(),
      log: (level, line) => void process.stderr.write(showLines([`${new Date().toISOString()} ${level} ${line}`])),
    });
    progress.end(); // its lines show the progress
    loop.start();
    await untilTold();
    await loop.stop();
    const { stored } = loop;
    return {
      text: `Stored ${stored} ${stored === 1 ? 'event' : 'events'}.\n`,
      data: { stored },
    };
  },
});

/** Resolves on a signal to end. Until then, the process stays, also while neither JetStream nor the ledger can be reached. */
async function untilTold(): Promise<void> {
  const alive = setInterval(() => undefined, 60_000);
  await new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, resolve);
  });
  clearInterval(alive);
}
