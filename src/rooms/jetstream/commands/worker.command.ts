import type { JetStreamOptions } from '../ingest-options.js';
import { defineCommand } from '../../../cli/define-command.js';
import { keyOfEnvironment } from '../../../cli/key-of-environment.js';
import { text } from '../../../cli/options.js';
import { readJsonOption } from '../../../cli/parse-json-object.js';
import { showLines } from '../../../cli/show-lines.js';

export const command = defineCommand({
  name: 'worker',
  usage: ['--file <file> [options]'],
  about: [
    'Stores events from JetStream in the ledger, for applications with JetStreamModule. It runs until a signal (SIGINT or SIGTERM), and then finishes the current transaction. Of all workers, including those in applications, one stores events; the others are on standby.',
  ],
  options: {
    file: text(
      '<file>',
      'the options of JetStreamModule as JSON, such as {"servers": ["n1:4222"], "stream": "AUDIT"}; - is the standard input',
    ),
  },
  connects: 'sealer',
  records: true,
  json: '"stored"',
  environment: 'AUDIT_LEDGER_ORIGIN, with the application’s value.',
  examples: ['--file jetstream.json'],
  exitCodes: '0 after the signal, 2 when the command failed.',
  run: async ({ options, environment, sealer, progress, refuse }) => {
    const { file } = options;
    if (file === undefined) return refuse('--file is missing: name a file with the options of JetStreamModule');
    const given = await readJsonOption('--file', file, refuse);
    const { resolveIngest } = await import('../ingest-options.js');
    const problems: string[] = [];
    const ingest = resolveIngest(given as unknown as JetStreamOptions, problems); // resolveIngest checks each option
    if (problems.length > 0) return refuse(...problems.map((problem) => `--file ${file}: ${problem}`));
    const { loadNats } = await import('../ingest-stream.js');
    const { IngestLoop } = await import('../ingest-loop.js'); // on demand, because this file loads the PostgreSQL client
    await loadNats();
    const loop = new IngestLoop({
      ingest,
      origin: keyOfEnvironment(environment).origin,
      sequencerUrl: await sealer(),
      log: (level, line) => void process.stderr.write(showLines([`${new Date().toISOString()} ${level} ${line}`])),
    });
    progress.end(); // from here on, the log lines show the progress
    loop.start();
    await untilSignal();
    await loop.stop();
    const { stored } = loop;
    return {
      text: `Stored ${stored} ${stored === 1 ? 'event' : 'events'}.\n`,
      data: { stored },
    };
  },
});

/** A timer keeps the process running while neither JetStream nor the ledger answers. */
async function untilSignal(): Promise<void> {
  const alive = setInterval(() => undefined, 60_000);
  await new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, resolve);
  });
  clearInterval(alive);
}
