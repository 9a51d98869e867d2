import 'reflect-metadata';
import { Catalogue, type AuditInput } from '../audit/index.js';
import { describeRead } from '../modules/monitoring/access/describe-read.js';
import type { LedgerAccess } from '../modules/monitoring/access/ledger-access.js';
import { LEDGER_READS } from '../modules/monitoring/access/ledger-reads.js';
import { storeOwnEvent } from '../modules/monitoring/store/store-own-event.js';
import { ARCHIVE_QUERY } from '../modules/monitoring/query/archived/archive-query-options.js';
import { ArchivedEvents } from '../modules/monitoring/query/archived/archived-events.service.js';
import type { ArchivedNote } from '../modules/monitoring/query/archived/archived-note.js';
import { AuditQuery, type EventPage } from '../modules/monitoring/query/audit-query.service.js';
import { LedgerReader } from '../modules/monitoring/store/ledger-reader.service.js';
import { readableArchives } from './archives-of.js';
import { commandError } from './command-error.js';
import { EXIT_CODES, type CommandResult } from './command-result.js';
import { currentOperator } from './current-operator.js';
import { parametersOf } from './parameters-of.js';
import { eventTable } from './event-table.js';
import type { CommandEnvironment } from './key-of-environment.js';
import { ledgerUrlIn } from './ledger-url.js';
import { NO_LEDGER, refuseCall } from './refuse-call.js';
import { parseCall } from './parse-call.js';

const HELP = `Usage: nestjs-audit-ledger query [NAME=VALUE]… [--archives <folder>] [options]

Prints events, newest first, by the parameters of GET /audit/events: type=user_login_failed, from=2026-11-01, order=asc, limit=200.
Several parameters all apply. The read is itself recorded as an event.

  --archives      the folder of the archives: finds retired events as well, by DuckDB (npm install @duckdb/node-api)
  --key           a verifier key of the ledger, or a file with one on each line, to check the archives; default: from the key file
  --tenant        only the events of this tenant; repeatable; default: all tenants
  --json          print { "items", "nextCursor", "archived" }, the answer of the route, instead of a table
  --threads       how many threads DuckDB may use; default: ${ARCHIVE_QUERY.threads}
  --memory-mb     how many MB of memory DuckDB may use; default: ${ARCHIVE_QUERY.memoryMb}
  --actor         who does this, for the event; default: your user name and this machine
  --database-url  the ledger's database; default: AUDIT_DATABASE_URL or DATABASE_URL, in the environment or the file .env
  --schema        the ledger's database schema; default: the one that the connection finds, else audit
  --help          print this

Environment: AUDIT_SIGNING_KEY_FILE, AUDIT_LEDGER_ORIGIN, with the application's values; for archived=true without --archives, also
AUDIT_ARCHIVE_DIR.

Examples:
  nestjs-audit-ledger query type=user_login_failed limit=20 --json

Exit code: 0 when the events are printed, 2 when the command failed.
`;

/** `nestjs-audit-ledger query`. Never rejects. */
export async function runQuery(args: readonly string[], environment: CommandEnvironment): Promise<CommandResult> {
  try {
    const { values, positionals } = parseCall('query', {
      args: [...args],
      allowPositionals: true,
      options: {
        archives: { type: 'string' },
        key: { type: 'string', multiple: true, default: [] },
        tenant: { type: 'string', multiple: true, default: [] },
        json: { type: 'boolean', default: false },
        threads: { type: 'string', default: String(ARCHIVE_QUERY.threads) },
        'memory-mb': { type: 'string', default: String(ARCHIVE_QUERY.memoryMb) },
        actor: { type: 'string', default: currentOperator() },
        'database-url': { type: 'string' },
        schema: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help) return { exitCode: EXIT_CODES.fine, output: HELP };
    const connectionUrl = await ledgerUrlIn(values.schema, values['database-url']);
    const [threads, memoryMb] = [Number(values.threads), Number(values['memory-mb'])];
    const problems = [
      ...(connectionUrl === undefined ? [NO_LEDGER] : []),
      ...positionals.filter((each) => !each.includes('=')).map((each) => `${each} is not a NAME=VALUE`),
      ...(isCount(threads) ? [] : [`--threads is ${values.threads}, not a whole number above 0`]),
      ...(isCount(memoryMb) ? [] : [`--memory-mb is ${values['memory-mb']}, not a whole number above 0`]),
    ];
    if (connectionUrl === undefined || problems.length > 0) return refuseCall('query', problems);
    const access: LedgerAccess =
      values.tenant.length > 0 ? { scope: 'tenants', tenantIds: values.tenant } : { scope: 'all' };
    const isArchived = values.archives !== undefined && !positionals.includes('archived=true');
    const parameters = isArchived ? [...positionals, 'archived=true'] : positionals;
    const { query, fields } = await readQuery(parameters);
    const archives = await readableArchives(environment, values.key, values.archives);
    const reader = new LedgerReader({ connectionUrl, maxReadConnections: 1 });
    try {
      const limits = { archiveQuery: { threads, memoryMb, timeoutMs: LONGEST_MS } };
      const ledger = new AuditQuery(reader, new Catalogue(), new ArchivedEvents(reader, archives, limits));
      const page = await ledger.find(access, query);
      const read = describeQuery(values.actor, access, query, page);
      await storeOwnEvent(connectionUrl, LEDGER_READS.viewed, read);
      const shown = values.json ? `${JSON.stringify(fields(page), undefined, 2)}\n` : eventTable(page.items);
      return { exitCode: EXIT_CODES.fine, output: shown, ...(values.json ? {} : { errors: notesOf(page) }) };
    } finally {
      await reader.onApplicationShutdown();
    }
  } catch (error) {
    return { exitCode: EXIT_CODES.notChecked, errors: `${commandError(error)}\n` };
  }
}

/** Who waits at a terminal ends the command. */
const LONGEST_MS = 86_400_000;

interface ReadQuery {
  readonly query: object;
  /** Of each event what was asked for. */
  readonly fields: (page: EventPage) => object;
}

/** @throws InvalidQueryError (`AUDIT_QUERY_INVALID`) */
async function readQuery(given: readonly string[]): Promise<ReadQuery> {
  // Loaded on demand: what describes the route takes tens of megabytes.
  const { QueryPipe } = await import('../modules/monitoring/http/query.pipe.js');
  const { ShownEventQuery } = await import('../modules/monitoring/http/shown-event-query.dto.js');
  const { fieldsOf, pickFields } = await import('../modules/monitoring/http/sparse-fields.js');
  const query = new QueryPipe(ShownEventQuery).transform(parametersOf(given));
  const { fields } = query;
  return {
    query,
    fields: (page) =>
      fields === undefined ? page : { ...page, items: page.items.map((event) => pickFields(event, fieldsOf(fields))) },
  };
}

/** What the event of this read says, as that of the route. */
function describeQuery(actorId: string, access: LedgerAccess, query: object, { items }: EventPage): AuditInput {
  const filters = Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined));
  return { ...describeRead({ access, filters, shown: items.length }), actor: { type: 'admin', id: actorId } };
}

function notesOf({ items, nextCursor, archived }: EventPage): string {
  return [
    ...(items.length === 0 ? ['note: no event matches'] : []),
    ...(archived ? [noteOfArchives(archived)] : []),
    ...(nextCursor === null ? [] : [`note: more events match; continue with cursor=${nextCursor}`]),
  ]
    .map((line) => `${line}\n`)
    .join('');
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
