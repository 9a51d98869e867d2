import { Catalogue, type AuditInput } from '../audit/plain.js';
import { describeRead } from '../modules/monitoring/access/describe-read.js';
import type { LedgerAccess } from '../modules/monitoring/access/ledger-access.js';
import { LEDGER_READS } from '../modules/monitoring/access/ledger-reads.js';
import type { Archives } from '../modules/monitoring/archive/archives.js';
import { ShownEventQuery } from '../modules/monitoring/http/shown-event-query.dto.js';
import { pickFields } from '../modules/monitoring/http/sparse-fields.js';
import type { ArchiveQuerySlice } from '../modules/monitoring/query/archived/archive-query-options.js';
import { ArchivedEvents } from '../modules/monitoring/query/archived/archived-events.service.js';
import { AuditQuery, type EventPage } from '../modules/monitoring/query/audit-query.service.js';
import { readQuery } from '../modules/monitoring/query/read-query.js';
import { LedgerReader } from '../modules/monitoring/store/ledger-reader.service.js';
import { storeOwnEvent } from '../modules/monitoring/store/store-own-event.js';
import { parametersOf } from './parameters-of.js';

/** A query by a command. */
export interface CommandQuery {
  readonly connectionUrl: string;
  /** The address of the server to read: the primary, or a replica. */
  readonly readUrl: string;
  readonly access: LedgerAccess;
  /** The person who queries, for the query's event. */
  readonly actor: string;
  readonly archives: Archives;
  /** Arguments for {@link parametersOf}. */
  readonly parameters: readonly string[];
  readonly limits: ArchiveQuerySlice['archiveQuery'];
}

/**
 * Returns a page of events like the route, and the requested fields of it. When it resolves, the read is recorded.
 *
 * @throws InvalidQueryError (`AUDIT_QUERY_INVALID`), and the errors of {@link AuditQuery.find}
 */
export async function queryLedger(wanted: CommandQuery): Promise<{ readonly page: EventPage; readonly data: object }> {
  const { connectionUrl, readUrl, access, actor, archives, limits } = wanted;
  const { query, fields } = readAsked(wanted.parameters);
  const reader = new LedgerReader({ connectionUrl, readUrl, maxReadConnections: 1 });
  try {
    const archived = new ArchivedEvents(reader, archives, { archiveQuery: limits });
    const page = await new AuditQuery(reader, new Catalogue(), archived).find(access, query);
    await storeOwnEvent(connectionUrl, LEDGER_READS.viewed, describeQuery(actor, access, query, page));
    return { page, data: fields(page) };
  } finally {
    await reader.onApplicationShutdown();
  }
}

interface AskedQuery {
  readonly query: object;
  /** Returns the requested fields of each event. */
  readonly fields: (page: EventPage) => object;
}

/** Reads the query. @throws InvalidQueryError (`AUDIT_QUERY_INVALID`) */
function readAsked(given: readonly string[]): AskedQuery {
  const query = Object.assign(readQuery(ShownEventQuery, parametersOf(given)), { names: true });
  const { fields } = query;
  return {
    query,
    fields: (page) => ({ ...page, items: page.items.map((event) => pickFields(event, fields)) }),
  };
}

/** Returns the input of this read's event, like that of the route. */
function describeQuery(actorId: string, access: LedgerAccess, query: object, { items }: EventPage): AuditInput {
  const filters = Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined));
  return { ...describeRead({ access, filters, shown: items.length }), actor: { type: 'admin', id: actorId } };
}
