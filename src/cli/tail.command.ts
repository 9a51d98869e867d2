import 'reflect-metadata';
import { Catalogue } from '../audit/plain.js';
import { describeRead } from '../modules/monitoring/access/describe-read.js';
import type { LedgerAccess } from '../modules/monitoring/access/ledger-access.js';
import { LEDGER_READS } from '../modules/monitoring/access/ledger-reads.js';
import { ARCHIVE_QUERY } from '../modules/monitoring/query/archived/archive-query-options.js';
import { ArchivedEvents } from '../modules/monitoring/query/archived/archived-events.service.js';
import { AuditQuery } from '../modules/monitoring/query/audit-query.service.js';
import { EventFilters } from '../modules/monitoring/query/event-filters.dto.js';
import { EventQuery } from '../modules/monitoring/query/event-query.dto.js';
import type { LedgerEvent } from '../modules/monitoring/query/ledger-event.js';
import { LiveTail, type TailRequest } from '../modules/monitoring/query/places/live-tail.service.js';
import { SealedEvents } from '../modules/monitoring/query/places/sealed-events.service.js';
import { ShownByTail } from '../modules/monitoring/query/places/shown-by-tail.js';
import { LedgerReader } from '../modules/monitoring/store/ledger-reader.service.js';
import { storeOwnEvent } from '../modules/monitoring/store/store-own-event.js';
import { readableArchives } from './archives-of.js';
import { EXIT_CODES } from './command-result.js';
import { currentOperator } from './current-operator.js';
import { defineCommand } from './define-command.js';
import { eventLine } from './event-table.js';
import type { CommandEnvironment } from './key-of-environment.js';
import { flag, text, texts } from './option-definitions.js';
import { parametersOf } from './parameters-of.js';

const MOST_LINES = 200;

/** `nestjs-audit-ledger tail`. */
export const command = defineCommand({
  name: 'tail',
  usage: ['[NAME=VALUE]… [--follow] [options]'],
  about: [
    'Prints the newest events, oldest first, and with --follow those that come, a line each. NAME=VALUE are the filters of GET /audit/events: outcome=denied, type=user_login_failed. The read is itself recorded as an event.',
  ],
  arguments: [['[parameters...]', 'NAME=VALUE']],
  options: {
    follow: { ...flag('wait for more events, until you press Ctrl+C'), short: 'f' },
    lines: { ...text('<n>', `how many events to begin with, at most ${MOST_LINES}; default: 10`), short: 'n' },
    tenant: texts('<id>', 'only the events of this tenant; default: all tenants'),
    actor: text('<name>', 'who does this, for the event; default: your user name and this machine'),
  },
  connects: 'application',
  json: 'for an error; each event is a line of JSON of its own',
  examples: ['outcome=denied --lines 50'],
  exitCodes: '0 when the events are printed, also after Ctrl+C, 2 when the command failed.',
  run: async ({ options, words, environment, isJson, progress, ledger, refuse }) => {
    const { lines = '10', actor: actorId = currentOperator() } = options;
    progress.end(); // the events show it
    const problems = [
      ...words.filter((each) => !each.includes('=')).map((each) => `${each} is not a NAME=VALUE`),
      ...(isCount(lines) ? [] : [`--lines is ${lines}, not a whole number from 0 to ${MOST_LINES}`]),
    ];
    if (problems.length > 0) refuse(...problems);
    const connectionUrl = await ledger();
    // Loaded on demand: what describes the route takes tens of megabytes.
    const { QueryPipe } = await import('../modules/monitoring/http/query.pipe.js');
    const given = parametersOf(words);
    const filters = new QueryPipe(EventFilters).transform(given);
    const access: LedgerAccess =
      options.tenant.length > 0 ? { scope: 'tenants', tenantIds: options.tenant } : { scope: 'all' };
    const actor = { type: 'admin', id: actorId } as const;
    const unrecorded: Promise<unknown>[] = [];
    const shown = new ShownByTail((count) => {
      const read = { ...describeRead({ access, filters: given, shown: count }), actor };
      unrecorded.push(storeOwnEvent(connectionUrl, LEDGER_READS.viewed, read));
    });
    const print = (events: readonly LedgerEvent[]) => {
      shown.add(events.length);
      for (const event of events) process.stdout.write(`${isJson ? JSON.stringify(event) : eventLine(event)}\n`);
    };
    const reader = new LedgerReader({ connectionUrl, maxReadConnections: 1 });
    try {
      const sealed = new SealedEvents(reader, new Catalogue());
      const after = await sealed.newestPlace();
      const newest = await findNewest(reader, environment, { access, filters, limit: Number(lines) });
      print(newest);
      if (options.follow) {
        const known = new Set(newest.map(({ id }) => id));
        await follow(sealed, { access, filters, after, signal: interrupted() }, (events) =>
          print(events.filter(({ id }) => !known.has(id))),
        );
      }
      shown.end();
      await Promise.all(unrecorded);
      return { exitCode: EXIT_CODES.fine, isPrinted: true };
    } finally {
      await reader.onApplicationShutdown();
    }
  },
});

async function findNewest(
  reader: LedgerReader,
  environment: CommandEnvironment,
  { access, filters, limit }: Pick<TailRequest, 'access' | 'filters'> & { readonly limit: number },
): Promise<readonly LedgerEvent[]> {
  if (limit === 0) return [];
  const archives = await readableArchives(environment, []);
  const archived = new ArchivedEvents(reader, archives, { archiveQuery: ARCHIVE_QUERY });
  const query = Object.assign(new EventQuery(), filters, { order: 'desc', limit });
  const { items } = await new AuditQuery(reader, new Catalogue(), archived).find(access, query);
  return items.toReversed();
}

function interrupted(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => controller.abort());
  return controller.signal;
}

/** Until the signal ends it; a tail ends sooner. Between the list and it, some events are in both. */
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

function isCount(text: string): boolean {
  return /^\d{1,3}$/.test(text) && Number(text) <= MOST_LINES;
}
