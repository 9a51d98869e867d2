import { namesOf, type AuditRoom } from '../../../../migrations/audit-migrations.js';
import type { LedgerQueries } from './ledger-session.js';

const MADE = 'SELECT FROM unnest($1::text[]) AS name WHERE to_regclass(name) IS NOT NULL LIMIT 1';

/** Whether the ledger in the session's search path has any table of a room. Rejects with the error of the PostgreSQL client. */
export async function hasRoom(session: LedgerQueries, room: AuditRoom): Promise<boolean> {
  return (await session.rows(MADE, [namesOf(room, ['tables'])])).length > 0;
}
