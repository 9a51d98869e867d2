import { listOf } from '../sql-text.js';
import type { Baseline } from './baselines.js';

const TYPES = `'row_inserted', 'row_updated', 'row_deleted', 'row_changed_externally', 'table_truncated'`;

const NO_ID = '00000000-0000-0000-0000-000000000000';

/** The position before everything about a table: stage (baseline 0, events 1, outbox 2), event id, position in the outbox. */
export const BEGINNING: readonly unknown[] = [-1, NO_ID, '0'];

/** The baseline includes a change if the baseline's snapshot saw the change's transaction. */
const IS_SEEN = (transaction: string): string =>
  `CASE WHEN $4::boolean AND ${transaction} ~ '^[0-9]{1,19}$' THEN pg_visible_in_snapshot(${transaction}::xid8, $5::pg_snapshot) ELSE false END`;

/**
 * Finds the last TRUNCATE of the table itself, and the last TRUNCATE of any of its partitions. The query has the first five parameters of
 * {@link foldQuery}.
 */
export const TRUNCATIONS = `
  SELECT DISTINCT ON (is_part) is_part, stage, id, position FROM (
    SELECT d->>'partition' IS NOT NULL AS is_part, 1 AS stage, id, 0::bigint AS position
      FROM (SELECT id, details::jsonb AS d FROM audit_event WHERE type IN ('table_truncated', 'row_changed_externally') OFFSET 0) e
     WHERE d->>'operation' = 'TRUNCATE' AND d->>'schema' = $2 AND d->>'table' = $3 AND NOT ${IS_SEEN(`(d->>'transaction')`)}
    UNION ALL
    SELECT key = '*partition', 1, event_id, 0 FROM audit_row_retired
     WHERE schema_name = $2 AND table_name = $3 AND key IN ('*', '*partition') AND NOT ${IS_SEEN('transaction')}
    UNION ALL
    SELECT partition IS NOT NULL, 2, '${NO_ID}', position FROM audit_row_change_digests()
     WHERE operation = 'TRUNCATE' AND schema_name = $2 AND table_name = $3 AND NOT ${IS_SEEN('transaction::text')}
  ) truncated WHERE $1::uuid IS NOT NULL ORDER BY is_part, stage DESC, id DESC, position DESC`;

/**
 * Writes the query that compares the last digest of each row with the live row. Each row of the result is a mismatch (kind, key, event), or
 * the count of live rows (kind `rows`). Parameters after the fifth: the positions of the last TRUNCATE of the table itself, and of any of
 * its partitions.
 */
export function foldQuery({ digests = '', added }: Baseline): string {
  // If a row did not change after a column was added, its digest lacks that column.
  const older = added.map((_, index) => `SELECT key, digest FROM ${digests}(${listOf(added.slice(index))})`);
  return `
  WITH facts AS (
    SELECT key COLLATE "C" AS key, encode(digest, 'hex') AS digest, false AS is_gone, false AS is_new,
           0 AS stage, '${NO_ID}'::uuid AS id, 0::bigint AS position, 0::bigint AS nth
      FROM audit_row_baseline_digest WHERE baseline = $1
    UNION ALL
    SELECT key COLLATE "C", digest, is_gone, false, 1, event_id, 0, 0 FROM audit_row_retired
     WHERE schema_name = $2 AND table_name = $3 AND key NOT IN ('*', '*partition') AND NOT ${IS_SEEN('transaction')}
    UNION ALL
    SELECT f.key COLLATE "C", f.digest, f.is_gone, f.is_new, 1, e.id, 0, 0
      FROM audit_event e, audit_row_facts(e.type, e.details::json, e.changes::json) f
     WHERE e.type IN (${TYPES}) AND f.schema_name = $2 AND f.table_name = $3 AND NOT ${IS_SEEN('f.transaction')}
    UNION ALL
    SELECT said.key COLLATE "C", o.digest, said.is_gone, said.is_new, 2, '${NO_ID}', o.position, o.nth
      FROM audit_row_change_digests() o,
           LATERAL (VALUES (o.key, o.is_gone, o.operation = 'INSERT'), (o.rekeyed_from, true, false)) said (key, is_gone, is_new)
     WHERE o.schema_name = $2 AND o.table_name = $3 AND said.key IS NOT NULL AND NOT ${IS_SEEN('o.transaction::text')}
  ), placed AS (
    SELECT key, digest, is_gone, is_new, stage, id, position, row_number() OVER w AS nth,
           lead(is_gone) OVER w AS was_gone, lead(stage) OVER w AS stage_before
      FROM facts WHERE (stage, id, position) > ($6::int, $7::uuid, $8::bigint)
    WINDOW w AS (PARTITION BY key ORDER BY stage DESC, id DESC, position DESC, nth DESC)
  ), kept AS MATERIALIZED (
    SELECT * FROM placed WHERE nth = 1 OR (is_new AND NOT was_gone AND stage_before > 0)
  ), live AS MATERIALIZED (
    SELECT key COLLATE "C" AS key, digest, shown FROM ${digests}('{}')
  )${older.length === 0 ? '' : `, older AS MATERIALIZED (${older.join(' UNION ALL ')})`}, compared AS (
    SELECT coalesce(l.key, f.key) AS key, l.shown, l.digest, f.id,
           CASE WHEN f.key IS NULL THEN 'row_unknown'
                WHEN l.key IS NULL THEN CASE WHEN NOT f.is_gone AND (f.stage, f.id, f.position) > ($9::int, $10::uuid, $11::bigint)
                                             THEN 'row_missing' END
                WHEN f.is_gone THEN 'row_returned'
                WHEN f.digest <> l.digest THEN 'row_changed' END AS kind
      FROM live l FULL JOIN (SELECT * FROM kept WHERE nth = 1) f ON f.key = l.key
  )
  SELECT kind, coalesce(c.shown, c.key) AS key, nullif(c.id, '${NO_ID}')::text AS "eventId" FROM compared c
   WHERE kind IS NOT NULL${
     older.length === 0
       ? ''
       : ` AND NOT (kind = 'row_changed' AND (c.key, c.digest) IS NOT NULL AND EXISTS (
           SELECT FROM kept f JOIN older o ON o.key = f.key AND o.digest = f.digest WHERE f.nth = 1 AND f.key = c.key))`
   }
  UNION ALL
  SELECT 'event_duplicated', key, nullif(id, '${NO_ID}')::text FROM kept WHERE is_new AND NOT was_gone AND stage_before > 0
  UNION ALL
  SELECT 'rows', count(*)::text, NULL FROM live`;
}
