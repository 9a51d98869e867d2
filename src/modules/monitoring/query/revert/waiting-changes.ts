import type { LedgerQueries } from '../../store/ledger-session.js';
import { idOfKey } from '../../store/row-images.js';
import { hasRoom } from '../../store/has-room.js';
import { objectOf, type RowChange } from '../records/row-change.js';

const WAITS = `
  SELECT EXISTS (SELECT FROM audit_row_change_digests()
                  WHERE schema_name = $1 AND table_name = $2 AND $3 IN (key, rekeyed_from)) AS waits`;

/**
 * Whether a change of the same row waits in the outbox. The session's role is the one that it connected with, before and after. Rejects with the
 * client's error.
 */
export async function hasWaitingChange(session: LedgerQueries, { event }: RowChange): Promise<boolean> {
  if (!(await hasRoom(session, 'row-changes'))) return false;
  const { schema, table, key, keyDigest } = event.details;
  const known = typeof keyDigest === 'string' ? keyDigest : idOfKey(objectOf(key) ?? {});
  await session.rows(`SET LOCAL ROLE audit_reader; SET LOCAL audit.reads = 'all'`);
  const [row] = await session.rows(WAITS, [schema, table, known]);
  await session.rows(`RESET ROLE; SET LOCAL audit.reads = ''`);
  return row?.waits === true;
}
