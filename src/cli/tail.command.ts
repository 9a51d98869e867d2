import type { LedgerEvent } from '../modules/monitoring/query/ledger-event.js';
import { defineCommand } from './define-command.js';
import { byOption, readUrlOption } from './shared-options.js';
import { eventLine } from './event-table.js';
import { flag, text, texts } from './option-definitions.js';
import { plainJson } from './plain.js';

const MOST_LINES = 200;

/** `nestjs-audit-ledger tail`. */
export const command = defineCommand({
  name: 'tail',
  usage: ['[WORD]… [NAME=VALUE]… [--follow] [options]'],
  about: [
    'Prints the newest events, oldest first, and with --follow those that come, a line each. Words and NAME=VALUE filter them as in query: order 17, outcome=denied, type=user_login_failed. The read is itself recorded as an event.',
  ],
  arguments: [['[parameters...]', 'words of a query, and NAME=VALUE, as in query']],
  options: {
    follow: { ...flag('wait for more events, until you press Ctrl+C'), short: 'f' },
    lines: { ...text('<n>', `how many events to begin with, at most ${MOST_LINES}; default: 10`), short: 'n' },
    tenant: texts('<id>', 'only the events of this tenant; default: all tenants'),
    readUrl: readUrlOption(),
    by: byOption(),
  },
  connects: 'application',
  json: 'for an error; each event is a line of JSON of its own',
  examples: ['outcome=denied --lines 50'],
  exitCodes: '0 when the events are printed, also after Ctrl+C, 2 when the command failed.',
  run: async ({ options, words, environment, access, operator, isJson, progress, ledger, reader, refuse }) => {
    const { lines = '10', follow } = options;
    progress.end(); // from now on the events show the progress
    if (!isCount(lines)) refuse(`--lines is ${lines}, not a whole number from 0 to ${MOST_LINES}`);
    const connectionUrl = await ledger();
    const print = (event: LedgerEvent): void =>
      void process.stdout.write(`${isJson ? plainJson(event) : eventLine(event)}\n`);
    // Loaded on demand, since the help needs none of it.
    const { tailLedger } = await import('./tail-ledger.js');
    await tailLedger({
      connectionUrl,
      readUrl: await reader(connectionUrl),
      access,
      operator,
      parameters: words,
      lines: Number(lines),
      follow,
      environment,
      print,
    });
    return { isPrinted: true };
  },
});

function isCount(text: string): boolean {
  return /^\d{1,3}$/.test(text) && Number(text) <= MOST_LINES;
}
