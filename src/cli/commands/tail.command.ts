import type { LedgerEvent } from '../../monitoring/read/query/ledger-event.js';
import { defineCommand } from '../define-command.js';
import { BY, READ_URL, flag, text, texts } from '../options.js';
import { eventLine } from './event-table.js';
import { plainJson } from '../nest-free.js';
import { storedCatalogue } from '../../monitoring/store/own-types.js';
import { EventFilters } from '../../monitoring/read/query/event-filters.dto.js';
import { EventQuery } from '../../monitoring/read/query/event-query.dto.js';
import { LiveTail, ShownByTail, type TailRequest } from '../../monitoring/read/query/places/live-tail.service.js';
import { readQuery } from '../../monitoring/read/query/parse-query.js';
import { SealedEvents } from '../../monitoring/read/query/places/sealed-events.service.js';
import type { LedgerReader } from '../../monitoring/store/ledger-reader.service.js';
import { readableArchives } from '../connection/archives-of.js';
import { parametersOf } from '../parameters-of.js';
import { eventsOf, recordRead, withReader } from '../connection/use-ledger.js';
import type { CommandEnvironment } from '../connection/key-of-environment.js';

const LINES = 10;
const MOST_LINES = 200;

export const command = defineCommand({
  name: 'tail',
  usage: ['[WORD]… [NAME=VALUE]… [--follow] [options]'],
  about: [
    'Prints the newest events, oldest first, one per line. With --follow, it then prints new events. Words and NAME=VALUE filter the events as in query: order 17, outcome=denied, type=user_login_failed. The read itself is recorded as an event.',
  ],
  arguments: [['[parameters...]', 'words of a query, and NAME=VALUE, as in query']],
  options: {
    follow: { ...flag('wait for more events, until you press Ctrl+C'), short: 'f' },
    lines: {
      ...text('<n>', `the number of events to begin with, at most ${MOST_LINES}; default: ${LINES}`),
      short: 'n',
    },
    tenant: texts('<id>', 'only the events of this tenant; default: all tenants'),
    readUrl: READ_URL,
    by: BY,
  },
  connects: 'application',
  records: true,
  json: '"error" only if the command fails; each event is a line of JSON of its own',
  examples: ['outcome=denied --lines 50'],
  exitCodes: '0 when the events are printed, also after Ctrl+C, 2 when the command failed.',
  run: async ({ options, words, environment, access, operator, isJson, progress, ledger, reader, count }) => {
    progress.end(); // from here on, the printed events show the progress
    const limit = count('lines', { most: MOST_LINES }) ?? LINES;
    const connectionUrl = await ledger();
    const given = parametersOf(words);
    const filters = readQuery(EventFilters, given);
    const unrecorded: Promise<unknown>[] = [];
    const shown = new ShownByTail((times) => {
      unrecorded.push(recordRead(connectionUrl, operator, { access, filters: given, shown: times }));
    });
    const print = (events: readonly LedgerEvent[]): void => {
      shown.add(events.length);
      for (const event of events) process.stdout.write(`${isJson ? plainJson(event) : eventLine(event)}\n`);
    };
    const show = async (from: LedgerReader): Promise<void> => {
      const sealed = new SealedEvents(from, await storedCatalogue(from));
      const after = await sealed.newestIndex();
      const newest = limit === 0 ? [] : await findNewest(from, environment, { access, filters, limit });
      print(newest);
      if (options.follow) {
        const known = new Set(newest.map(({ id }) => id));
        await follow(sealed, { access, filters, after, signal: interrupted() }, (events) =>
          print(events.filter(({ id }) => !known.has(id))),
        );
      }
      shown.end();
      await Promise.all(unrecorded);
    };
    await withReader(connectionUrl, show, await reader(connectionUrl));
    return { isPrinted: true };
  },
});

async function findNewest(
  reader: LedgerReader,
  environment: CommandEnvironment,
  { access, filters, limit }: Pick<TailRequest, 'access' | 'filters'> & { readonly limit: number },
): Promise<readonly LedgerEvent[]> {
  const archives = await readableArchives(environment, []);
  const query = Object.assign(new EventQuery(), filters, { order: 'desc', limit });
  const { items } = await (await eventsOf(reader, archives)).find(access, query);
  return items.toReversed();
}

function interrupted(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => controller.abort());
  return controller.signal;
}

/** `print` may get events that the command has already printed. `LiveTail.follow` ends after some time, and is then called again. */
async function follow(
  sealed: SealedEvents,
  request: TailRequest,
  print: (events: readonly LedgerEvent[]) => void,
): Promise<void> {
  const tail = new LiveTail(sealed);
  let { after } = request;
  while (!request.signal.aborted) {
    for await (const page of tail.follow({ ...request, after })) {
      ({ after } = page);
      print(page.items);
    }
  }
}
