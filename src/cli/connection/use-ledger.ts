import { describeRead, LEDGER_READS, type ReadFacts } from '../../monitoring/read/access/own-events.js';
import type { Archives } from '../../monitoring/keep/archive/archives.js';
import {
  ARCHIVE_QUERY,
  type ArchiveQueryLimits,
  ArchivedEvents,
} from '../../monitoring/read/query/archived/archived-events.service.js';
import { AuditQuery } from '../../monitoring/read/query/audit-query.service.js';
import { LedgerReader } from '../../monitoring/store/ledger-reader.service.js';
import { storedCatalogue } from '../../monitoring/store/own-types.js';
import { storeOwnEvent } from '../../monitoring/inbox/append-own-event.js';

/** Runs `work` with a reader of the ledger, and closes the reader afterwards. */
export async function useReader<Result>(
  connectionUrl: string,
  work: (reader: LedgerReader) => Promise<Result>,
  readUrl = connectionUrl,
): Promise<Result> {
  const reader = new LedgerReader({ connectionUrl, readUrl, maxReadConnections: 1 });
  return work(reader).finally(() => reader.onApplicationShutdown());
}

/** Returns the service that queries events in the ledger and its archives. */
export async function createAuditQuery(
  reader: LedgerReader,
  archives: Archives,
  limits: ArchiveQueryLimits = ARCHIVE_QUERY,
): Promise<AuditQuery> {
  return new AuditQuery(reader, await storedCatalogue(reader), new ArchivedEvents(reader, archives, limits));
}

/** Records that the person who runs a command read the ledger. Rejects with an error of the PostgreSQL client. */
export async function recordRead(connectionUrl: string, operator: string, read: ReadFacts): Promise<void> {
  const actor = { type: 'admin', id: operator } as const;
  await storeOwnEvent(connectionUrl, LEDGER_READS.viewed, { ...describeRead(read), actor });
}
