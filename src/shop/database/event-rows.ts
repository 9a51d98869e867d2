import type { DataSource } from 'typeorm';
import type { JsonObject } from '../../audit/index.js';

const FIRST_ID = '00000000-0000-0000-0000-000000000000';

/**
 * Adds rows to a table of events. A row is an object whose keys are column names. Skips rows whose id exists. Without rows, only checks the
 * connection.
 */
export async function addEventRows(database: DataSource, table: string, rows: readonly object[]): Promise<void> {
  await database.query(
    `INSERT INTO ${table} SELECT * FROM jsonb_populate_recordset(NULL::${table}, $1) ON CONFLICT (id) DO NOTHING`,
    [JSON.stringify(rows)],
  );
}

/** Yields all rows of a query that is run page by page. $1 is the person's id, and $2 is the last id of the previous page. */
export async function* readPages(database: DataSource, page: string, personId: string): AsyncGenerator<JsonObject> {
  for (let after: unknown = FIRST_ID; after !== undefined;) {
    const rows = await database.query<readonly JsonObject[]>(page, [personId, after]);
    yield* rows;
    after = rows.at(-1)?.id;
  }
}

/** Makes patterns for ILIKE that match texts in which one of the identifiers occurs. */
export function toLikePatterns(identifiers: readonly string[] = []): readonly string[] {
  return identifiers.map((identifier) => `%${identifier.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`);
}
