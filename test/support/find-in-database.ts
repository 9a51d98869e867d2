import { withClient } from './sql.js';

export async function findInDatabase(url: string, texts: readonly string[]): Promise<readonly string[]> {
  return withClient(url, async (client) => {
    const tables = await client.query<{ name: string }>(
      `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'`,
    );
    const found: string[] = [];
    for (const { name } of tables.rows) {
      const { rows } = await client.query<{ text: string }>(`SELECT row_to_json(t)::text AS text FROM "${name}" t`);
      for (const { text } of rows)
        found.push(...texts.filter((wanted) => text.includes(wanted)).map((wanted) => `${name}: ${wanted}`));
    }
    return found;
  });
}
