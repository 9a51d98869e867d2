import { ARCHIVE_QUERY } from '../modules/monitoring/query/archived/archive-query-options.js';
import type { ArchivedNote } from '../modules/monitoring/query/ledger-event.dto.js';
import type { EventPage } from '../modules/monitoring/query/audit-query.service.js';
import { readableArchives } from './archives-of.js';
import { defineCommand } from './define-command.js';
import { byOption, readUrlOption } from './shared-options.js';
import { text, texts } from './option-definitions.js';
import { eventTable } from './event-table.js';

/** `nestjs-audit-ledger query`. */
export const command = defineCommand({
  name: 'query',
  usage: ['[WORD]… [NAME=VALUE]… [--archives <folder>] [options]'],
  about: [
    'Prints events, newest first. Words are a query as in the viewer’s search: ada failed login, order:17, who:ada, ip 203.0.113.7, amount>100, yesterday, last week, 10:32 (in UTC). NAME=VALUE is a parameter of GET /audit/events: type=user_login_failed, from=2026-11-01, order=asc, limit=200. All of them apply. The read is itself recorded as an event.',
  ],
  arguments: [['[parameters...]', 'words of a query, and NAME=VALUE']],
  options: {
    archives: text(
      '<folder>',
      'the folder of the archives: finds retired events as well, by DuckDB (npm install @duckdb/node-api)',
    ),
    key: texts(
      '<key>',
      'a verifier key of the ledger, or a file with one on each line, to check the archives; default: from the key file',
    ),
    tenant: texts('<id>', 'only the events of this tenant; default: all tenants'),
    threads: text('<n>', `how many threads DuckDB may use; default: ${ARCHIVE_QUERY.threads}`),
    memoryMb: text('<n>', `how many MB of memory DuckDB may use; default: ${ARCHIVE_QUERY.memoryMb}`),
    readUrl: readUrlOption(),
    by: byOption(),
  },
  connects: 'application',
  json: '"items", "nextCursor", "archived", "notes"',
  environment:
    'AUDIT_SIGNING_KEY_FILE, AUDIT_LEDGER_ORIGIN, with the application’s values; for archived=true without --archives, also AUDIT_ARCHIVE_DIR.',
  examples: ['ada failed login last week', 'type=user_login_failed limit=20 --json'],
  exitCodes: '0 when the events are printed, 2 when the command failed.',
  run: async ({ options, words, environment, access, operator, isJson, width, ledger: address, reader, refuse }) => {
    const { threads: givenThreads, memoryMb: givenMemory } = options;
    const [threads, memoryMb] = [
      Number(givenThreads ?? ARCHIVE_QUERY.threads),
      Number(givenMemory ?? ARCHIVE_QUERY.memoryMb),
    ];
    const problems = [
      ...(isCount(threads) ? [] : [`--threads is ${givenThreads ?? ''}, not a whole number above 0`]),
      ...(isCount(memoryMb) ? [] : [`--memory-mb is ${givenMemory ?? ''}, not a whole number above 0`]),
    ];
    if (problems.length > 0) refuse(...problems);
    const connectionUrl = await address();
    const isArchived = options.archives !== undefined && !words.includes('archived=true');
    const archives = await readableArchives(environment, options.key, options.archives);
    // Loaded on demand, since the help needs none of it.
    const { queryLedger } = await import('./query-ledger.js');
    const { page, data } = await queryLedger({
      connectionUrl,
      readUrl: await reader(connectionUrl),
      access,
      operator,
      archives,
      parameters: isArchived ? [...words, 'archived=true'] : words,
      limits: { threads, memoryMb, timeoutMs: LONGEST_MS },
    });
    const text = eventTable(page.items, width);
    return { text, data, warnings: isJson ? [] : notesOf(page) };
  },
});

/** A very long time: a person at a terminal can end the command. */
const LONGEST_MS = 86_400_000;

function notesOf({ items, nextCursor, archived, notes = [] }: EventPage): readonly string[] {
  return [
    ...notes.map((note) => `note: ${note}`),
    ...(items.length === 0 ? ['note: no event matches'] : []),
    ...(archived ? [noteOfArchives(archived)] : []),
    ...(nextCursor === null ? [] : [`note: more events match; continue with cursor=${nextCursor}`]),
  ];
}

function noteOfArchives({ included, months, removed = [], events }: ArchivedNote): string {
  const of = months.length > 0 ? ` of ${months.join(', ')}` : '';
  if (!included) return `note: events${of} were archived, and may be missing here; give --archives <folder>`;
  const gone = removed.length > 0 ? `; removed for good: ${removed.join(', ')}` : '';
  return `note: ${events} of these events are from archives${of}${gone}`;
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value > 0;
}
