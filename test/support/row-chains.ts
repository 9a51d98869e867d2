import { runSql } from './sql.js';

const READ = `
  SELECT resource_id AS id, (changes->'before'->>'n')::int AS was, (changes->'after'->>'n')::int AS is
    FROM audit_event WHERE resource_type = $1 AND category = 'data_change' ORDER BY audit_event.id`;

/** Each captured row counts up in its column `n`. */
export interface RowChains {
  readonly events: number;
  /** The rows whose events do not contain each change once and in order. */
  readonly broken: readonly string[];
  readonly last: Readonly<Record<string, number>>;
}

/** Each event must begin with the value that the previous event left. */
export async function readChains(superuserUrl: string, resourceType: string): Promise<RowChains> {
  const rows = (await runSql(superuserUrl, READ, [resourceType])) as readonly {
    readonly id: string;
    readonly was: number | null;
    readonly is: number;
  }[];
  const last: Record<string, number> = {};
  const broken: string[] = [];
  for (const { id, was, is } of rows) {
    if (was !== (last[id] ?? null) || (was !== null && is !== was + 1))
      broken.push(`${id}: ${was} to ${is}, after ${last[id]}`);
    last[id] = is;
  }
  return { events: rows.length, broken, last };
}
