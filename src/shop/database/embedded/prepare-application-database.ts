import type pg from 'pg';
import { LEDGER_ROLES } from '../../../../migrations/audit-ownership.js';

/**
 * Makes the role `app` and its database `app`. If the role exists, resets its rights and password. If a run was interrupted, the next run
 * completes it.
 */
export async function prepareApplicationDatabase(client: pg.Client, password: string): Promise<void> {
  // The statements contain a password, which must never get into the server's log.
  await client.query(
    `SET log_statement = 'none'; SET log_min_error_statement = 'panic'; SET log_min_duration_statement = -1`,
  );
  for (const name of ['app', ...LEDGER_ROLES]) {
    const { rowCount } = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [name]);
    if (rowCount === 0) await client.query(`CREATE ROLE ${name}`);
  }
  await client.query(
    `ALTER ROLE app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS
       PASSWORD ${client.escapeLiteral(password)}`,
  );
  await client.query('GRANT audit_writer, audit_reader TO app');
  const database = await client.query(`SELECT FROM pg_database WHERE datname = 'app'`);
  if (database.rowCount === 0) await client.query('CREATE DATABASE app OWNER app');
}
