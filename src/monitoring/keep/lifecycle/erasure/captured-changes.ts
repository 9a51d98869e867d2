import type { LedgerSession } from '../../../store/sessions/ledger-session.js';
import { hasRoom } from '../../../store/sessions/has-room.js';
import { identifierTest, needlesOf, type Person } from './match-identifiers.js';

const WAITS = 'SELECT EXISTS (SELECT FROM audit_row_change WHERE transaction < $1::text::xid8) AS waits';
const PARKED_OF =
  'SELECT position, texts, is_of FROM audit_row_parked_of($1::text, $2::text[], $3::text::xid8, $4::bigint, $5::integer)';

/** A row may have hundreds of kilobytes. */
const READ_AT_ONCE = 20;

const FIRST_POSITION = '-9223372036854775808';

/**
 * If the ledger still lacks captured row changes about the person from transactions before the horizon, returns the reason. Returns
 * `undefined` if the ledger has all such changes. Rejects with the error of the PostgreSQL client.
 */
export async function problemOfCaptured(
  session: LedgerSession,
  { subjectId, identifiers }: Person,
  horizon: string,
): Promise<string | undefined> {
  return session.inTransaction(async () => {
    if (!(await hasRoom(session, 'row-changes'))) return undefined;
    const [row] = await session.rows(WAITS, [horizon]);
    if (row?.waits === true)
      return 'row changes are waiting in the outbox. Run an application with RowChangesModule, which stores them';
    const needles = needlesOf(identifiers);
    const isNaming = identifierTest(identifiers);
    for (let after = FIRST_POSITION; ;) {
      const rows = await session.rows(PARKED_OF, [subjectId, needles, horizon, after, READ_AT_ONCE]);
      if (rows.some((row) => row.is_of === true || isNaming(row.texts)))
        return 'parked row changes name the person. Fix the problem that the log reports, then run "nestjs-audit-ledger capture retry"';
      const last = rows.at(-1);
      if (!last) return undefined;
      after = String(last.position);
    }
  }, 'BEGIN ISOLATION LEVEL REPEATABLE READ');
}
