import { runSql } from './sql.js';

export async function findInDatabase(url: string, texts: readonly string[]): Promise<readonly string[]> {
  const tables = await runSql(url, `SELECT tablename FROM pg_tables WHERE schemaname = 'public'`);
  const found: string[] = [];
  for (const table of tables.map(({ tablename }) => String(tablename))) {
    const rows = await runSql(url, `SELECT row_to_json(t)::text AS text FROM "${table}" t`);
    for (const { text } of rows) {
      found.push(...texts.filter((wanted) => String(text).includes(wanted)).map((wanted) => `${table}: ${wanted}`));
    }
  }
  return found;
}
