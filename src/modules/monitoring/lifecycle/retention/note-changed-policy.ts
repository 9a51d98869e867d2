import { appendOwnEvent } from '../../store/append-own-event.js';
import type { LedgerSession } from '../../store/sessions/ledger-session.js';
import type { Retirement } from './retirement.js';
import { isShorter } from './retention-policy.js';

/** The type of the event that records a changed retention policy. */
const CHANGED_TYPE = 'audit_retention_changed';

const BEFORE = 'SELECT policy FROM audit_retirement WHERE id < $1 ORDER BY id DESC LIMIT 1';

/** Stores an event if a newly planned retirement has a different policy from the one before. Rejects with the client's error. */
export async function noteChangedPolicy(
  session: Pick<LedgerSession, 'rows' | 'inTransaction'>,
  { id, policy }: Pick<Retirement, 'id' | 'policy'>,
): Promise<void> {
  const [last] = await session.rows(BEFORE, [id]);
  const before = last?.policy;
  if (typeof before !== 'string' || before === policy) return;
  const shortened = isShorter(policy, before);
  await session.inTransaction(() =>
    appendOwnEvent(session, CHANGED_TYPE, {
      category: 'system',
      severity: shortened ? 'warning' : 'info',
      outcome: 'success',
      actor: { type: 'system', id: 'retention' },
      details: { policy, before, shortened },
    }),
  );
}
