import pg from 'pg';
import { EXACT_JSON } from './exact-json.js';

/** Runs `work` with its own connection, and closes it. Rejects with any error. */
export async function withClient<Result>(
  settings: pg.ClientConfig & { readonly connectionString: string },
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const client = new pg.Client({ types: EXACT_JSON, application_name: 'nestjs-audit-ledger migrate', ...settings });
  client.on('error', () => undefined); // the running statement rejects with it
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}
