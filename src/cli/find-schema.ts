import pg from 'pg';
import { EXACT_JSON } from '../modules/monitoring/store/exact-json.js';
import { addressInSchema } from '../modules/monitoring/store/ledger-address.js';
import { SCHEMA_OF_ITS_OWN } from '../modules/monitoring/store/schema/migrate-ledger.js';

/** Whether the connection's own search path has no ledger, and the schema that `migrate --admin-url` makes has one. */
const IS_ELSEWHERE = `
  SELECT to_regclass('audit_checkpoint') IS NULL AND to_regclass($1 || '.audit_checkpoint') IS NOT NULL AS is_elsewhere`;

const CONNECT_TIMEOUT_MS = 10_000;

/**
 * The address with which a connection finds the ledger where nobody named its schema: in that of `migrate --admin-url`, unless the
 * connection finds one by itself. Never rejects: what cannot be asked is said by the command, which connects next.
 */
export async function addressOfLedger(connectionUrl: string): Promise<string> {
  const client = new pg.Client({
    connectionString: connectionUrl,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: CONNECT_TIMEOUT_MS,
    types: EXACT_JSON,
  });
  client.on('error', ignore); // the statement under way rejects with it
  try {
    await client.connect();
    const { rows } = await client.query<{ is_elsewhere: boolean }>(IS_ELSEWHERE, [SCHEMA_OF_ITS_OWN]);
    return rows[0]?.is_elsewhere === true ? addressInSchema(connectionUrl, SCHEMA_OF_ITS_OWN) : connectionUrl;
  } catch {
    return connectionUrl;
  } finally {
    await client.end().catch(ignore);
  }
}

function ignore(): void {
  // The command itself says what is wrong with the connection.
}
