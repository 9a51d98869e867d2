import type { LedgerAccess } from '../modules/monitoring/access/ledger-access.js';
import type { Archives } from '../modules/monitoring/archive/archives.js';
import { ShownEventQuery } from '../modules/monitoring/http/shown-event-query.dto.js';
import { pickFields } from '../modules/monitoring/http/sparse-fields.js';
import type { ArchiveQuerySlice } from '../modules/monitoring/query/archived/archive-query-options.js';
import type { AuditQuery, EventPage } from '../modules/monitoring/query/audit-query.service.js';
import { readQuery } from '../modules/monitoring/query/read-query.js';
import type { LedgerReader } from '../modules/monitoring/store/ledger-reader.service.js';
import { parametersOf } from './parameters-of.js';
import { eventsOf, recordRead, withReader } from './use-ledger.js';

/** A query by a command. */
export interface CommandQuery {
  readonly connectionUrl: string;
  /** The address of the server to read: the primary, or a replica. */
  readonly readUrl: string;
  readonly access: LedgerAccess;
  readonly operator: string;
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
  const { connectionUrl, readUrl, access, operator, archives, limits } = wanted;
  const query = Object.assign(readQuery(ShownEventQuery, parametersOf(wanted.parameters)), { names: true });
  const find = (reader: LedgerReader) => eventsOf(reader, archives, limits).find(access, query);
  const page = await withReader(connectionUrl, find, readUrl);
  const filters = Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined));
  await recordRead(connectionUrl, operator, { access, filters, shown: page.items.length });
  const { fields } = query;
  return { page, data: { ...page, items: page.items.map((event) => pickFields(event, fields)) } };
}
