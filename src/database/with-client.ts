import pg from 'pg';
import { EXACT_JSON } from './exact-json.js';

/** Gives `work` a connection of its own, and closes it. Rejects with what fails. */
export async function withClient<Result>(
  settings: pg.ClientConfig & { readonly connectionString: string },
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const client = new pg.Client({ types: EXACT_JSON, application_name: 'nestjs-audit-ledger migrate', ...settings });
  client.on('error', () => undefined); // the statement under way rejects with it
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}
