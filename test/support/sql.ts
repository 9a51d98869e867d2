import pg from 'pg';
import { withSuffix } from '../../migrations/audit-ownership.js';
import { EVENT_COLUMNS } from '../../src/monitoring/store/event-columns.js';

/** The server makes the other columns of `audit_event`. */
export const GIVEN_COLUMNS = EVENT_COLUMNS.map(({ name }) => name).join(', ');

export async function runSql(
  url: string,
  sql: string,
  values: readonly unknown[] = [],
): Promise<readonly Record<string, unknown>[]> {
  return withClient(url, async (client) => {
    const { rows } = await client.query<Record<string, unknown>>(await withRoles(client, sql), [...values]);
    return rows;
  });
}

const PLAIN_ROLE = /\baudit_(owner|writer|sequencer|reader|keeper)\b/;

const SUFFIX = `
  SELECT substring(prosrc FROM 'audit_reader(_[0-9a-f]{8})') AS suffix
    FROM pg_proc WHERE proname = 'audit_role' ORDER BY pg_function_is_visible(oid) DESC LIMIT 1`;

/** Returns SQL with the names of the roles of the ledger that the connection finds. Specs write the names without their suffix. */
export async function withRoles(client: Pick<pg.Client, 'query'>, sql: string): Promise<string> {
  if (!PLAIN_ROLE.test(sql)) return sql;
  const { rows } = await client.query<{ suffix: string | null }>(SUFFIX);
  return withSuffix(sql, rows[0]?.suffix ?? '');
}

/** Removes the suffixes of ledgers' roles from a text. */
export function withoutSuffix(text: string): string {
  return text.replace(/\b(audit_(?:owner|writer|sequencer|reader|keeper))_[0-9a-f]{8}\b/g, '$1');
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

/** Runs `work` after the change, in a transaction that is rolled back. No trigger of the ledger fires for the change. */
export async function whileChanged<Result>(
  { superuserUrl }: { readonly superuserUrl: string },
  sql: string,
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  return withClient(superuserUrl, async (client) => {
    await client.query(`BEGIN ISOLATION LEVEL REPEATABLE READ; SET LOCAL session_replication_role = 'replica'; ${sql}`);
    return work(client);
  });
}
