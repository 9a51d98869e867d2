import type pg from 'pg';

/**
 * Makes the role `app` and its database `app`. If the role exists, resets its rights and password. If a run was interrupted, the next run
 * completes it.
 */
export async function prepareApplicationDatabase(client: pg.Client, password: string): Promise<void> {
  // The statements contain a password, which must never get into the server's log.
  await client.query(
    `SET log_statement = 'none'; SET log_min_error_statement = 'panic'; SET log_min_duration_statement = -1`,
  );
  const role = await client.query(`SELECT FROM pg_roles WHERE rolname = 'app'`);
  if (role.rowCount === 0) await client.query('CREATE ROLE app');
  await client.query(
    `ALTER ROLE app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS
       PASSWORD ${client.escapeLiteral(password)}`,
  );
  const database = await client.query(`SELECT FROM pg_database WHERE datname = 'app'`);
  if (database.rowCount === 0) await client.query('CREATE DATABASE app OWNER app');
}
