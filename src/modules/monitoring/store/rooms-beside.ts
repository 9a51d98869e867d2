import { AUDIT_ROOMS, namesOf, type AuditRoom } from '../../../../migrations/audit-migrations.js';
import type { LedgerQueries } from './ledger-session.js';

const TABLES = new Map(AUDIT_ROOMS.flatMap((room) => namesOf(room, ['tables']).map((table) => [table, room] as const)));

const MADE = 'SELECT name FROM unnest($1::text[]) AS name WHERE to_regclass(name) IS NOT NULL';

/** The rooms that have any of their tables beside the ledger that the session's search path leads to. Rejects with the client's error. */
export async function roomsBeside(session: LedgerQueries): Promise<ReadonlySet<AuditRoom>> {
  const rows = await session.rows(MADE, [[...TABLES.keys()]]);
  return new Set(rows.flatMap(({ name }) => TABLES.get(String(name)) ?? []));
}

/** Whether a room has any of its tables there: what reads them reads nothing where it has none. Rejects with the client's error. */
export async function hasRoom(session: LedgerQueries, room: AuditRoom): Promise<boolean> {
  return (await roomsBeside(session)).has(room);
}
