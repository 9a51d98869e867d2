import pg from 'pg';
import { EVENT_COLUMNS } from '../../src/monitoring/store/event-columns.js';

/** The server makes the other columns of `audit_event`. */
export const GIVEN_COLUMNS = EVENT_COLUMNS.map(({ name }) => name).join(', ');

export async function runSql(
  url: string,
  sql: string,
  values: readonly unknown[] = [],
): Promise<readonly Record<string, unknown>[]> {
  return withClient(url, async (client) => (await client.query<Record<string, unknown>>(sql, [...values])).rows);
}

export async function openClient(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return client;
}

export async function withClient<Result>(url: string, work: (client: pg.Client) => Promise<Result>): Promise<Result> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined); // of a server that ends: the statement under way rejects
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
