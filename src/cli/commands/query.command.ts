import { ARCHIVE_QUERY } from '../../monitoring/read/query/archived/archived-events.service.js';
import type { ArchivedNote, EventPage } from '../../monitoring/read/query/ledger-event.dto.js';
import { ShownEventQuery, pickFields } from '../../monitoring/http/event-queries.dto.js';
import { readQuery } from '../../monitoring/read/query/parse-query.js';
import type { LedgerReader } from '../../monitoring/store/ledger-reader.service.js';
import { readableArchives } from '../connection/open-archives.js';
import { defineCommand } from '../define-command.js';
import { textOption, listOption, BY_OPTION, keyOption, ARCHIVE_KEYS_HELP, READ_URL } from '../options.js';
import { parseSearch } from '../parse-parameters.js';
import { createAuditQuery, recordRead, useReader } from '../connection/use-ledger.js';
import { fitTable } from './fit-table.js';
import { getAmount, listSearchTerms } from '../../monitoring/read/query/search-language/shown-details.js';
import { getAcceptedAt } from '../../monitoring/store/id-time.js';
import { escapeControls } from '../nest-free.js';
import type { LedgerEvent } from '../../monitoring/read/query/ledger-event.js';

export const command = defineCommand({
  name: 'query',
  usage: ['[WORD]… [NAME=VALUE]… [--archives <folder>] [options]'],
  about: [
    'Prints at most 1,000 events, newest first; limit=200 prints fewer. Words are a query as in the viewer’s search: who:ada ip:203.0.113.7, failed login since:7d, order 17 on:yesterday (in UTC), refund details.amount:>100. NAME=VALUE is a parameter of GET /audit/events: type=user_login_failed, from=2026-11-01, order=asc. An event must match all of them. A query in words omits row changes that belong to the event of an operation. It also omits the ledger’s own reads, unless it has category:*; with category:audit_access, only yours, unless it names an actor. The read itself is recorded as an event.',
  ],
  arguments: [['[parameters...]', 'words of a query, and NAME=VALUE']],
  options: {
    archives: textOption(
      '<folder>',
      'the folder of the archives, to find retired events as well; needs DuckDB (npm install @duckdb/node-api)',
    ),
    key: keyOption(ARCHIVE_KEYS_HELP),
    tenant: listOption('<id>', 'only the events of this tenant; default: all tenants'),
    threads: textOption('<n>', `the maximum number of threads of DuckDB; default: ${ARCHIVE_QUERY.threads}`),
    memoryMb: textOption('<n>', `the maximum memory of DuckDB in MB; default: ${ARCHIVE_QUERY.memoryMb}`),
    readUrl: READ_URL,
    by: BY_OPTION,
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
      threads: count('threads', { min: 1 }) ?? ARCHIVE_QUERY.threads,
      memoryMb: count('memoryMb', { min: 1 }) ?? ARCHIVE_QUERY.memoryMb,
      timeoutMs: MAX_TIMEOUT_MS,
    };
    const connectionUrl = await address();
    const isArchived = options.archives !== undefined && !words.includes('archived=true');
    const parameters = parseSearch(isArchived ? [...words, 'archived=true'] : words, operator);
    const query = Object.assign(readQuery(ShownEventQuery, { limit: '200', ...parameters }), { names: true });
    const archives = await readableArchives(environment, options.key, options.archives);
    const readUrl = await reader(connectionUrl);
    const isPaged = 'limit' in parameters || 'cursor' in parameters;
    const find = async (ledger: LedgerReader) => {
      const events = await createAuditQuery(ledger, archives, limits);
      const pageAfter = (cursor: string) =>
        events.find(access, Object.assign(new ShownEventQuery(), query, { cursor }));
      return isPaged ? events.find(access, query) : firstPage(events.find(access, query), pageAfter);
    };
    const page = await useReader(connectionUrl, find, readUrl);
    const filters = Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined));
    await recordRead(connectionUrl, operator, { access, filters, shown: page.items.length });
    const items = page.items.map((event) => pickFields(event, query.fields));
    const text = formatEventTable(page.items, width);
    return {
      text,
      data: { ...page, items },
      warnings: isJson ? [] : listPageNotes(page, parameters['actorId[ne]'] === operator ? operator : undefined),
    };
  },
});

const MAX_PRINTED = 1_000;

async function firstPage(
  first: Promise<EventPage>,
  pageAfter: (cursor: string) => Promise<EventPage>,
): Promise<EventPage> {
  let page = await first;
  while (page.nextCursor !== null && page.items.length < MAX_PRINTED) {
    const next = await pageAfter(page.nextCursor);
    const archived = next.archived && { ...next.archived, events: next.archived.events + (page.archived?.events ?? 0) };
    page = { ...page, ...next, items: [...page.items, ...next.items], ...(archived && { archived }) };
  }
  return page;
}

/** Long enough for any query: a person at a terminal can interrupt the command. */
const MAX_TIMEOUT_MS = 86_400_000;

function listPageNotes({ items, nextCursor, archived, notes = [] }: EventPage, hidden?: string): readonly string[] {
  return [
    ...notes.map((note) => `note: ${note}`),
    ...(hidden === undefined ? [] : [`note: the reads by ${hidden} are left out; actor:* shows all`]),
    ...(items.length === 0 ? ['note: no event matches'] : []),
    ...(archived ? [formatArchiveNote(archived)] : []),
    ...(nextCursor === null
      ? []
      : [
          `note: more than these ${items.length} events match; narrow the query, or continue with cursor=${nextCursor}`,
        ]),
  ];
}

function formatArchiveNote({ included, months, removed = [], events }: ArchivedNote): string {
  const of = months.length > 0 ? ` of ${months.join(', ')}` : '';
  if (!included) return `note: events${of} were archived, and may be missing here; give --archives <folder>`;
  const gone = removed.length > 0 ? `; removed permanently: ${removed.join(', ')}` : '';
  return `note: ${events} of these events are from archives${of}${gone}`;
}

const COLUMNS: Readonly<Record<string, (event: LedgerEvent) => string | undefined>> = {
  time: getAcceptedAt,
  type: ({ type }) => type,
  outcome: ({ outcome }) => outcome,
  severity: ({ severity }) => (severity === 'info' ? undefined : severity),
  actor: ({ actor, names, details }) => called(actor, actor.name ?? names?.actor ?? getAttemptedName(actor, details)),
  resource: ({ resource, names }) => resource && called(resource, names?.resource),
  reason: ({ reason, details }) => reason ?? toText(details.reason),
  amount: ({ details }) => getAmount(details),
  sought: ({ details }) =>
    listSearchTerms(details)
      .map(([name, value]) => `${name}=${value}`)
      .join(' '),
  changed: ({ changes }) => toChangeList(changes?.diff).map(formatChange).join(', '),
  tenant: ({ tenantId }) => tenantId,
  ip: ({ request }) => request?.ip,
  archive: ({ archive }) => archive,
  id: ({ id }) => id,
};

function called({ type, id }: { readonly type: string; readonly id?: string }, name: string | undefined): string {
  const own = id === undefined ? type : `${type}/${id}`;
  return name === undefined || name === id ? own : `${own} (${name})`;
}

/** Returns the name with which somebody tried to log in, since the actor of a failed log-in has no id. */
function getAttemptedName({ id }: LedgerEvent['actor'], details: LedgerEvent['details']): string | undefined {
  return id === undefined ? toText(details.username ?? details.email) : undefined;
}

function toText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function toChangeList(diff: unknown): readonly Changed[] {
  return Array.isArray(diff) ? (diff as readonly Changed[]) : []; // the ledger's own diff has such entries
}

interface Changed {
  readonly path: string;
  readonly from?: unknown;
  readonly to?: unknown;
}

function formatChange({ path, from, to }: Changed): string {
  const [before, after] = [from, to].map((value) =>
    typeof value === 'string' ? value : JSON.stringify(value ?? null),
  );
  const isLong = [from, to].some((value) => typeof value === 'object' && value !== null);
  const isErased = from === undefined && to === undefined;
  return isLong || isErased ? path : `${path}: ${before} → ${after}`;
}

const MAX_WIDTH = 80;

/** Formats events as a table of at most `width` characters. Columns that have no value for any event are omitted. */
function formatEventTable(events: readonly LedgerEvent[], width: number): readonly string[] {
  if (events.length === 0) return [];
  const columns = Object.entries(COLUMNS)
    .map(([name, getValue]) => [name.toUpperCase(), ...events.map((event) => cut(getValue(event) ?? ''))])
    .filter(([, ...cells]) => cells.some((cell) => cell !== ''));
  const [head = [], ...rows] = [undefined, ...events].map((_, nth) => columns.map((cells) => cells[nth] ?? ''));
  return fitTable(head, rows, width);
}

function cut(text: string): string {
  const shown = escapeControls(text); // a tab or a line break would widen the cell
  return shown.length > MAX_WIDTH ? `${shown.slice(0, MAX_WIDTH - 1)}…` : shown;
}
