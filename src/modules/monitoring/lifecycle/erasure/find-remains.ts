import type { LedgerQueries } from '../../store/sessions/ledger-session.js';
import { hasRoom } from '../../store/sessions/has-room.js';
import { MOST_EXPORTS, type RemainingExport } from './remains.js';

const FACT_NAMES = 'SELECT name, events FROM audit_fact_names($1::uuid[])';
const EXPORTS = `
  SELECT export_id, to_char(exported_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS exported_at, is_certain
    FROM audit_exports_with($1, $2)`;

const WATCH_DIGESTS = 'SELECT EXISTS (SELECT FROM audit_watch_group) AS are_there';

/** Whether rules of the watch keep any digests: these may be of the person. */
export async function areDigestsKept(keeper: LedgerQueries): Promise<boolean> {
  if (!(await hasRoom(keeper, 'watch'))) return false;
  const [row] = await keeper.rows(WATCH_DIGESTS);
  return row?.are_there === true;
}

/** The names of the facts of events, and how many of the events have each. */
export async function factNamesOf(
  keeper: LedgerQueries,
  eventIds: readonly string[],
): Promise<readonly (readonly [string, number])[]> {
  if (eventIds.length === 0) return [];
  const rows = await keeper.rows(FACT_NAMES, [eventIds]);
  return rows.map(({ name, events }) => [String(name), Number(events)] as const);
}

/** The exports that contain, or may contain, what acts erased. */
export async function exportsWith(keeper: LedgerQueries, acts: readonly number[]): Promise<readonly RemainingExport[]> {
  const rows = await keeper.rows(EXPORTS, [acts, MOST_EXPORTS]);
  return rows.map((row) => ({
    exportId: String(row.export_id),
    exportedAt: String(row.exported_at),
    isCertain: row.is_certain === true,
  }));
}
