import { listObjectNames, type AuditExtension } from '../../../../migrations/audit-migrations.js';
import type { LedgerQueries } from './ledger-session.js';

const SELECT_TABLES = 'SELECT FROM unnest($1::text[]) AS name WHERE to_regclass(name) IS NOT NULL LIMIT 1';

/** Whether the ledger in the session's search path has any table of an extension. Rejects with the error of the PostgreSQL client. */
export async function hasExtension(session: LedgerQueries, extension: AuditExtension): Promise<boolean> {
  return (await session.rows(SELECT_TABLES, [listObjectNames(extension, ['tables'])])).length > 0;
}
