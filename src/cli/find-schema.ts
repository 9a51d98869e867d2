import { addressInSchema } from '../modules/monitoring/store/ledger-address.js';
import { MIGRATOR } from '../modules/monitoring/store/ledger-roles.js';
import { LedgerSession } from '../modules/monitoring/store/ledger-session.js';
import { LOOK_LIMITS } from '../modules/monitoring/store/session-limits.js';
import { SCHEMA_OF_ITS_OWN } from '../modules/monitoring/store/schema/run-next-migration.js';

/** Whether the connection's own search path has no ledger, and the schema that `migrate --admin-url` makes has one. */
const IS_ELSEWHERE = `
  SELECT to_regclass('audit_checkpoint') IS NULL AND to_regclass($1 || '.audit_checkpoint') IS NOT NULL AS is_elsewhere`;

/**
 * The address with which a connection finds the ledger where nobody named its schema: in that of `migrate --admin-url`, unless the
 * connection finds one by itself. Never rejects: what cannot be asked is said by the command, which connects next.
 */
export async function addressOfLedger(connectionUrl: string): Promise<string> {
  try {
    const session = await LedgerSession.open(connectionUrl, MIGRATOR, LOOK_LIMITS);
    const [row] = await session.rows(IS_ELSEWHERE, [SCHEMA_OF_ITS_OWN]).finally(() => session.close());
    return row?.is_elsewhere === true ? addressInSchema(connectionUrl, SCHEMA_OF_ITS_OWN) : connectionUrl;
  } catch {
    return connectionUrl; // the command itself says what is wrong with the connection
  }
}
