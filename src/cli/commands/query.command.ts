import { ARCHIVE_QUERY } from '../../monitoring/read/query/archived/archive-query.js';
import type { ArchivedNote, EventPage } from '../../monitoring/read/query/ledger-event.dto.js';
import { ShownEventQuery } from '../../monitoring/http/event-queries.dto.js';
import { pickFields } from '../../monitoring/http/sparse-fields.js';
import { readQuery } from '../../monitoring/read/query/parse-query.js';
import type { LedgerReader } from '../../monitoring/store/ledger-reader.service.js';
import { readableArchives } from '../connection/archives-of.js';
import { defineCommand } from '../define-command.js';
import { text, texts, BY, keyOption, KEYS_OF_ARCHIVES, READ_URL } from '../options.js';
import { eventTable } from './event-table.js';
import { searchOf } from '../parameters-of.js';
import { eventsOf, recordRead, withReader } from '../connection/use-ledger.js';

export const command = defineCommand({
  name: 'query',
  usage: ['[WORD]… [NAME=VALUE]… [--archives <folder>] [options]'],
  about: [
    'Prints at most 1,000 events, newest first; limit=200 prints fewer. Words are a query as in the viewer’s search: who:ada ip:203.0.113.7, failed login since:7d, order 17 on:yesterday (in UTC), refund details.amount:>100. NAME=VALUE is a parameter of GET /audit/events: type=user_login_failed, from=2026-11-01, order=asc. An event must match all of them. A query in words omits row changes that belong to the event of an operation. It also omits the ledger’s own reads, unless it has category:*. The read itself is recorded as an event.',
  ],
  arguments: [['[parameters...]', 'words of a query, and NAME=VALUE']],
  options: {
    archives: text(
      '<folder>',
      'the folder of the archives, to find retired events as well; needs DuckDB (npm install @duckdb/node-api)',
    ),
    key: keyOption(KEYS_OF_ARCHIVES),
    tenant: texts('<id>', 'only the events of this tenant; default: all tenants'),
    threads: text('<n>', `the maximum number of threads of DuckDB; default: ${ARCHIVE_QUERY.threads}`),
    memoryMb: text('<n>', `the maximum memory of DuckDB in MB; default: ${ARCHIVE_QUERY.memoryMb}`),
    readUrl: READ_URL,
    by: BY,
  },
  connects: 'application',
  records: true,
  json: '"items", "nextCursor", "archived", "notes"',
  environment:
    'AUDIT_SIGNING_KEY_FILE, AUDIT_LEDGER_ORIGIN, with the application’s values; for archived=true without --archives, also AUDIT_ARCHIVE_DIR.',
  examples: ['ada failed login since:7d', 'type=user_login_failed limit=20 --json'],
  exitCodes: '0 when the events are printed, 2 when the command failed.',
  run: async ({ options, words, environment, access, operator, isJson, width, ledger: address, reader, count }) => {
    const limits = {
      threads: count('threads', { least: 1 }) ?? ARCHIVE_QUERY.threads,
      memoryMb: count('memoryMb', { least: 1 }) ?? ARCHIVE_QUERY.memoryMb,
      timeoutMs: LONGEST_MS,
    };
    const connectionUrl = await address();
    const isArchived = options.archives !== undefined && !words.includes('archived=true');
    const parameters = searchOf(isArchived ? [...words, 'archived=true'] : words);
    const query = Object.assign(readQuery(ShownEventQuery, { limit: '200', ...parameters }), { names: true });
    const archives = await readableArchives(environment, options.key, options.archives);
    const readUrl = await reader(connectionUrl);
    const isPaged = 'limit' in parameters || 'cursor' in parameters;
    const find = async (ledger: LedgerReader) => {
      const events = await eventsOf(ledger, archives, limits);
      const pageAfter = (cursor: string) =>
        events.find(access, Object.assign(new ShownEventQuery(), query, { cursor }));
      return isPaged ? events.find(access, query) : firstOf(events.find(access, query), pageAfter);
    };
    const page = await withReader(connectionUrl, find, readUrl);
    const filters = Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined));
    await recordRead(connectionUrl, operator, { access, filters, shown: page.items.length });
    const items = page.items.map((event) => pickFields(event, query.fields));
    const text = eventTable(page.items, width);
    return { text, data: { ...page, items }, warnings: isJson ? [] : notesOf(page) };
  },
});

const MOST_PRINTED = 1_000;

async function firstOf(
  first: Promise<EventPage>,
  pageAfter: (cursor: string) => Promise<EventPage>,
): Promise<EventPage> {
  let page = await first;
  while (page.nextCursor !== null && page.items.length < MOST_PRINTED) {
    const next = await pageAfter(page.nextCursor);
    const archived = next.archived && { ...next.archived, events: next.archived.events + (page.archived?.events ?? 0) };
    page = { ...page, ...next, items: [...page.items, ...next.items], ...(archived && { archived }) };
  }
  return page;
}

/** Long enough for any query: a person at a terminal can interrupt the command. */
const LONGEST_MS = 86_400_000;

function notesOf({ items, nextCursor, archived, notes = [] }: EventPage): readonly string[] {
  return [
    ...notes.map((note) => `note: ${note}`),
    ...(items.length === 0 ? ['note: no event matches'] : []),
    ...(archived ? [noteOfArchives(archived)] : []),
    ...(nextCursor === null
      ? []
      : [
          `note: more than these ${items.length} events match; narrow the query, or continue with cursor=${nextCursor}`,
        ]),
  ];
}

function noteOfArchives({ included, months, removed = [], events }: ArchivedNote): string {
  const of = months.length > 0 ? ` of ${months.join(', ')}` : '';
  if (!included) return `note: events${of} were archived, and may be missing here; give --archives <folder>`;
  const gone = removed.length > 0 ? `; removed permanently: ${removed.join(', ')}` : '';
  return `note: ${events} of these events are from archives${of}${gone}`;
}
