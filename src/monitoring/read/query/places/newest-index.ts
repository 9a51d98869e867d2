import { seesSize, type LedgerAccess } from '../../access/ledger-access.js';
import type { LedgerReader } from '../../../store/ledger-reader.service.js';
import { selectEvents } from '../access-source.js';
import { SqlValues } from '../sql-values.js';

type Reader = Pick<LedgerReader, 'rows' | 'eventRows'>;

const NEWEST = 'SELECT index FROM audit_leaf ORDER BY index DESC LIMIT 1';
/** Indexes only roughly follow the order of ids, so the queries compare this many leaves. */
const NEAR = 1_000;
const LAST_ID = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/**
 * Returns the newest index, or the newest of events with a lower id; -1 if the ledger has no such event. For a reader who may not learn the size of the ledger, only the
 * reader's own events count, so that no answer reveals how many others exist.
 */
export async function newestIndex(reader: Reader, access: LedgerAccess, beforeId?: string): Promise<number> {
  if (beforeId !== undefined || !seesSize(access)) {
    return (await edgeIndex(reader, access, ['max', '<', 'DESC'], beforeId ?? LAST_ID)) ?? -1;
  }
  const [row] = await reader.rows(NEWEST, [], 'audit_leaf_newest');
  return row ? Number(row.index) : -1;
}

/** Returns the first index of events with this id or a higher one, by the same rule as {@link newestIndex}. */
export async function firstIndex(reader: Reader, access: LedgerAccess, fromId: string): Promise<number | undefined> {
  return edgeIndex(reader, access, ['min', '>=', 'ASC'], fromId);
}

async function edgeIndex(
  reader: Reader,
  access: LedgerAccess,
  [edge, comparison, order]: readonly ['max', '<', 'DESC'] | readonly ['min', '>=', 'ASC'],
  id: string,
): Promise<number | undefined> {
  const values = new SqlValues();
  const bound = `${comparison} ${values.place(id)}::uuid`;
  const near = (column: string): string => `ORDER BY ${column} ${order} LIMIT ${NEAR}`;
  const own = { access, columns: 'id', conditions: [`id ${bound}`], tail: near('id') };
  const leaves = seesSize(access)
    ? `SELECT index FROM audit_leaf WHERE event_id ${bound} ${near('event_id')}`
    : `SELECT index FROM audit_leaf WHERE event_id IN (${selectEvents(own, values)})`;
  const [row] = await reader.eventRows(access, `SELECT ${edge}(index) AS index FROM (${leaves}) AS near`, values.list);
  return typeof row?.index === 'string' || typeof row?.index === 'number' ? Number(row.index) : undefined;
}
