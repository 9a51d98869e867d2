import { runSql } from './sql.js';

const READ = `
  SELECT resource_id AS id, (changes->'before'->>'n')::int AS was, (changes->'after'->>'n')::int AS is
    FROM audit_event WHERE resource_type = $1 AND category = 'data_change' ORDER BY audit_event.id`;

/** A number that each captured row of a table counts up in its column `n`. */
export interface RowChains {
  readonly events: number;
  /** The rows whose events are not each change once, in its order. */
  readonly broken: readonly string[];
  /** What the last event of each row left, by its key. */
  readonly last: Readonly<Record<string, number>>;
}

/** Follows the events of each row of a table from one to the next: each begins with what the one before left. */
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
