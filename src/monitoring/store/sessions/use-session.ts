import type { LedgerRole } from '../ledger-roles.js';
import { toAuditError } from './classify-ledger-error.js';
import { LedgerSession } from './ledger-session.js';
import type { SessionLimits } from './session-limits.js';

/**
 * Opens a session, runs `work` with it, and closes the session. Translates errors of the database client. Other errors are unchanged.
 *
 * @throws `AUDIT_LEDGER_UNAVAILABLE`
 */
export async function useSession<Result>(
  connectionUrl: string,
  role: LedgerRole,
  limits: SessionLimits,
  work: (session: LedgerSession) => Promise<Result>,
): Promise<Result> {
  try {
    const session = await LedgerSession.open(connectionUrl, role, limits);
    return await work(session).finally(() => session.close());
  } catch (error) {
    throw toAuditError(error);
  }
}
