import type { LedgerSession } from '../../../store/sessions/ledger-session.js';
import { identifierTest, type Person } from './match-identifiers.js';

/** With this setting, row-level security shows the saved views of all people. */
const SEE_ALL = `SELECT set_config('audit.reads', 'erasure', true)`;
const VIEWS = 'SELECT id, owner_id, name, query FROM audit_view';
const FORGET = 'DELETE FROM audit_view WHERE id = ANY ($1::uuid[])';

/** Deletes the saved views of a person, and other people's views that name the person. */
export async function forgetViews(session: LedgerSession, { subjectId, identifiers }: Person): Promise<void> {
  const isNaming = identifierTest([subjectId, ...identifiers]);
  await session.inTransaction(async () => {
    await session.rows(SEE_ALL);
    const views = await session.rows(VIEWS);
    const forgotten = views.filter(({ owner_id: owner, name, query }) => {
      const filters = [...new URLSearchParams(String(query))];
      return owner === subjectId || isNaming([name, filters]);
    });
    if (forgotten.length > 0) await session.rows(FORGET, [forgotten.map(({ id }) => id)]);
  });
}
