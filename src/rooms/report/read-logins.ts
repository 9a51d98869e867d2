import { MIGRATOR } from '../../monitoring/store/ledger-roles.js';
import { LedgerSession } from '../../monitoring/store/sessions/ledger-session.js';
import {
  readLoginRights,
  type ApplicationLogins,
  type LoginRights,
} from '../../monitoring/store/sessions/login-rights.js';
import type { LedgerOptions } from '../../cli/doctor/subject.js';

/**
 * Reads the rights of the logins in an application's options. Without `connectionUrl`, reads the rights of the login that the command uses.
 * Returns `undefined` if a login cannot connect. Never rejects.
 */
export async function readLogins(
  { connectionUrl, sequencerUrl }: LedgerOptions,
  database: string,
): Promise<ApplicationLogins | undefined> {
  try {
    const writes = await rightsAt(connectionUrl ?? database);
    const seals = sequencerUrl === undefined ? undefined : await rightsAt(sequencerUrl);
    return writes && (sequencerUrl === undefined || seals) ? { writes, seals } : undefined;
  } catch {
    return undefined;
  }
}

function rightsAt(url: string): Promise<LoginRights | undefined> {
  return LedgerSession.use(url, MIGRATOR, {}, readLoginRights);
}
