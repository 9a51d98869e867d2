import 'reflect-metadata';
import { Catalogue } from '../audit/index.js';
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
import { commandError } from './command-error.js';
import { EXIT_CODES, type CommandResult } from './command-result.js';
import { currentOperator } from './current-operator.js';
import { eventLine } from './event-table.js';
import type { CommandEnvironment } from './key-of-environment.js';
import { ledgerUrlIn } from './ledger-url.js';
import { parametersOf } from './parameters-of.js';
import { parseCall } from './parse-call.js';
import { NO_LEDGER, refuseCall } from './refuse-call.js';

const HELP = `Usage: nestjs-audit-ledger tail [NAME=VALUE]… [--follow] [options]

Prints the newest events, oldest first, and with --follow those that come, a line each. NAME=VALUE are the filters of GET /audit/events:
outcome=denied, type=user_login_failed. The read is itself recorded as an event.

  --follow, -f    wait for more events, until you press Ctrl+C
  --lines, -n     how many events to begin with, at most 200; default: 10
  --json          print each event as a line of JSON
  --tenant        only the events of this tenant; repeatable; default: all tenants
  --actor         who does this, for the event; default: your user name and this machine
  --database-url  the ledger's database; default: AUDIT_DATABASE_URL or DATABASE_URL, in the environment or the file .env
  --schema        the ledger's database schema; default: the one that the connection finds, else audit
  --help          print this

Examples:
  nestjs-audit-ledger tail outcome=denied --lines 50

Exit code: 0 when the events are printed, also after Ctrl+C, 2 when the command failed.
`;

const MOST_LINES = 200;

/** `nestjs-audit-ledger tail`. Never rejects. */
export async function runTail(args: readonly string[], environment: CommandEnvironment): Promise<CommandResult> {
  try {
    const { values, positionals } = parseCall('tail', {
      args: [...args],
      allowPositionals: true,
      options: {
        follow: { type: 'boolean', short: 'f', default: false },
        lines: { type: 'string', short: 'n', default: '10' },
        json: { type: 'boolean', default: false },
        tenant: { type: 'string', multiple: true, default: [] },
        actor: { type: 'string', default: currentOperator() },
        'database-url': { type: 'string' },
        schema: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help) return { exitCode: EXIT_CODES.fine, output: HELP };
    const connectionUrl = await ledgerUrlIn(values.schema, values['database-url']);
    const problems = [
      ...(connectionUrl === undefined ? [NO_LEDGER] : []),
      ...positionals.filter((each) => !each.includes('=')).map((each) => `${each} is not a NAME=VALUE`),
      ...(isCount(values.lines) ? [] : [`--lines is ${values.lines}, not a whole number from 0 to ${MOST_LINES}`]),
    ];
    if (connectionUrl === undefined || problems.length > 0) return refuseCall('tail', problems);
    // Loaded on demand: what describes the route takes tens of megabytes.
    const { QueryPipe } = await import('../modules/monitoring/http/query.pipe.js');
    const given = parametersOf(positionals);
    const filters = new QueryPipe(EventFilters).transform(given);
    const access: LedgerAccess =
      values.tenant.length > 0 ? { scope: 'tenants', tenantIds: values.tenant } : { scope: 'all' };
    const actor = { type: 'admin', id: values.actor } as const;
    const unrecorded: Promise<unknown>[] = [];
    const shown = new ShownByTail((count) => {
      const read = { ...describeRead({ access, filters: given, shown: count }), actor };
      unrecorded.push(storeOwnEvent(connectionUrl, LEDGER_READS.viewed, read));
    });
    const print = (events: readonly LedgerEvent[]) => {
      shown.add(events.length);
      for (const event of events) process.stdout.write(`${values.json ? JSON.stringify(event) : eventLine(event)}\n`);
    };
    const reader = new LedgerReader({ connectionUrl, maxReadConnections: 1 });
    try {
      const sealed = new SealedEvents(reader, new Catalogue());
      const after = await sealed.newestPlace();
      const newest = await findNewest(reader, environment, { access, filters, limit: Number(values.lines) });
      print(newest);
      if (values.follow) {
        const known = new Set(newest.map(({ id }) => id));
        await follow(sealed, { access, filters, after, signal: interrupted() }, (events) =>
          print(events.filter(({ id }) => !known.has(id))),
        );
      }
      shown.end();
      await Promise.all(unrecorded);
      return { exitCode: EXIT_CODES.fine };
    } finally {
      await reader.onApplicationShutdown();
    }
  } catch (error) {
    return { exitCode: EXIT_CODES.notChecked, errors: `${commandError(error)}\n` };
  }
}

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
