import { quote } from '../../../../../migrations/audit-ownership.js';
import type { LedgerQueries } from '../../store/ledger-session.js';
import { isKey, type RevertPlan } from './plan-revert.js';

/** Foreign keys that follow the deletion of a row; those of partitions stand for their table's. */
const FOLLOWING = `
  SELECT format('%I.%I', n.nspname, c.relname) AS name,
         ARRAY(SELECT attname::text FROM unnest(f.conkey) WITH ORDINALITY AS u (number, nth)
                 JOIN pg_attribute ON attrelid = f.conrelid AND attnum = u.number ORDER BY u.nth) AS theirs,
         ARRAY(SELECT attname::text FROM unnest(f.confkey) WITH ORDINALITY AS u (number, nth)
                 JOIN pg_attribute ON attrelid = f.confrelid AND attnum = u.number ORDER BY u.nth) AS ours
    FROM pg_constraint f JOIN pg_class c ON c.oid = f.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE f.confrelid = to_regclass($1) AND f.contype = 'f' AND f.conparentid = 0 AND f.confdeltype IN ('c', 'n', 'd')
   ORDER BY 1`;

/** The tables with rows that the database would delete or change with the row. Rejects with the client's error. */
export async function referringTables(
  session: LedgerQueries,
  { schema, table, key }: RevertPlan,
): Promise<readonly string[]> {
  const row = `${quote(schema)}.${quote(table)}`;
  const found = new Set<string>();
  for (const { name, theirs, ours } of await session.rows(FOLLOWING, [row])) {
    const [child, parent] = [theirs as readonly string[], ours as readonly string[]]; // arrays of names
    const refers = child.map((column, nth) => `c.${quote(column)} = t.${quote(parent[nth] ?? '')}`).join(' AND ');
    const [first] = await session.rows(
      `SELECT FROM ${String(name)} AS c, ${row} AS t, jsonb_populate_record(NULL::${row}, $1::jsonb) AS k
        WHERE ${refers} AND ${isKey(key)} AND (c.tableoid, c.ctid) <> (t.tableoid, t.ctid) LIMIT 1`,
      [JSON.stringify(key)],
    );
    if (first) found.add(String(name));
  }
  return [...found];
}
