import type { LedgerSession } from '../../../monitoring/store/sessions/ledger-session.js';
import { quote } from '../../../../migrations/audit-ownership.js';
import { formatTableName, type TableName } from '../captured-table.js';
import { formatDigestsName } from '../row-image.js';
import { quoteList } from '../column-layout.js';

/** The last baseline of a captured table, and the current state of the table. */
export interface Baseline extends TableName {
  readonly id: string;
  readonly takenAt: Date;
  readonly rows: number;
  readonly digest: string;
  readonly snapshot: string;
  /** Whether the transaction ids in the baseline's snapshot belong to this server. */
  readonly isOwn: boolean;
  /** The quoted name of the table's digest function; `undefined` if the function or the table is gone. */
  readonly digests: string | undefined;
  /** Whether the digest function, which runs as the role that created the function, may read the table. */
  readonly isReadable: boolean;
  /** Columns that were added after the baseline, oldest first. */
  readonly added: readonly string[];
  /** Columns that were removed after the baseline. */
  readonly lost: readonly string[];
  /** Enum labels that were renamed after the baseline, as parts of a sentence. */
  readonly relabelled: readonly string[];
  /** Columns in which the digests do not tell all values apart. */
  readonly inexact: readonly string[];
}

const BASELINES = `
  SELECT b.id, b.taken_at AS "takenAt", b.schema_name AS schema, b.table_name AS name, b.rows::float8, b.digest, b.snapshot, b.columns, b.ignored,
         (SELECT coalesce(json_agg(substr(old.label, strpos(old.label, ' ') + 1) || ' of ' || e.enumtypid::regtype || ' is ' || e.enumlabel || ' now' ORDER BY e.oid), '[]')
            FROM unnest(b.labels) old (label) JOIN pg_enum e ON e.oid = split_part(old.label, ' ', 1)::oid
           WHERE old.label <> e.oid || ' ' || e.enumlabel) AS relabelled,
         (SELECT coalesce(json_agg(name), '[]') FROM unnest(audit_row_inexact(to_regclass(format('%I.%I', b.schema_name, b.table_name)))) name
           WHERE name <> ALL (b.ignored)) AS inexact,
         b.cluster = (SELECT system_identifier::text FROM pg_control_system()) AS "isOwn",
         (SELECT json_agg(a.attname ORDER BY a.attnum)
            FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
           WHERE n.nspname = b.schema_name AND c.relname = b.table_name AND a.attnum > 0 AND NOT a.attisdropped
             AND a.attgenerated <> 'v') AS live
    FROM (SELECT DISTINCT ON (schema_name, table_name) * FROM audit_row_baseline
           ORDER BY schema_name, table_name, position DESC) b
   WHERE b.rows IS NOT NULL ORDER BY b.schema_name, b.table_name`;

interface ReadBaseline extends Omit<Baseline, 'digests' | 'isReadable' | 'added' | 'lost'> {
  readonly columns: readonly string[];
  readonly ignored: readonly string[];
  /** The current columns of the table; `null` if the table is gone. */
  readonly live: readonly string[] | null;
}

const HAS_FUNCTION = `
  SELECT (SELECT has_table_privilege(p.proowner, c.oid, 'SELECT') FROM pg_class c
           WHERE c.relnamespace = n.oid AND c.relname = $3 AND c.relkind IN ('r', 'p')) AS is_readable
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
   WHERE n.nspname = $1 AND p.proname = $2 AND p.pronargs = 1`;

/** Finds captured tables without a baseline, except partitions and child tables of captured tables. */
const UNKEYED = `
  SELECT DISTINCT n.nspname::text AS schema, c.relname::text AS name
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_proc p ON p.oid = t.tgfoid
   WHERE t.tgname = 'row_capture_insert' AND NOT t.tgisinternal
     AND NOT EXISTS (SELECT FROM pg_trigger parent WHERE parent.tgfoid = t.tgfoid AND parent.tgname = t.tgname
                      AND parent.tgrelid IN (SELECT inhparent FROM pg_inherits WHERE inhrelid = t.tgrelid))
     AND NOT EXISTS (SELECT FROM audit_row_baseline b
                      WHERE b.rows IS NOT NULL AND (b.table_oid = c.oid OR b.schema_name = n.nspname AND b.table_name = c.relname))
   ORDER BY 1, 2`;

const STORED = 'SELECT rows, digest FROM audit_row_set_digest($1::uuid)';

const SEALED = `
  SELECT d->>'rows' AS rows, d->>'digest' AS digest, d->>'snapshot' AS snapshot
    FROM (SELECT details::jsonb AS d FROM audit_event WHERE type = 'audit_capture_baseline' OFFSET 0) e WHERE d->>'baseline' = $1
  UNION ALL
  SELECT baseline->>'rows', baseline->>'digest', baseline->>'snapshot' FROM audit_row_change_digests()
   WHERE operation = 'BASELINE' AND baseline->>'id' = $1`;

/** Reads the last baseline of each captured table. Rejects with the error of the PostgreSQL client. */
export async function readBaselines(snapshot: LedgerSession): Promise<readonly Baseline[]> {
  const found: Baseline[] = [];
  const rows = (await snapshot.rows(BASELINES)) as unknown as readonly ReadBaseline[]; // the selected columns
  for (const { columns, ignored, live, ...baseline } of rows) {
    const { schema, name } = baseline;
    const fn = formatDigestsName(baseline);
    const [known] = await snapshot.rows(HAS_FUNCTION, [schema, fn, name]);
    found.push({
      ...baseline,
      digests: known && live ? `${quote(schema)}.${quote(fn)}` : undefined,
      isReadable: known?.is_readable !== false,
      added: live?.filter((column) => !columns.includes(column) && !ignored.includes(column)) ?? [],
      lost: live ? columns.filter((column) => !live.includes(column) && !ignored.includes(column)) : [],
    });
  }
  return found;
}

/** Reads the captured tables without a baseline. Rejects with the error of the PostgreSQL client. */
export async function readUnkeyed(snapshot: LedgerSession): Promise<readonly string[]> {
  const rows = await snapshot.rows(UNKEYED);
  return rows.map(({ schema, name }) => formatTableName({ schema: String(schema), name: String(name) }));
}

/**
 * Compares a stored baseline with the event that sealed it. `unsealed`: the ledger does not have the baseline's event, for example after a
 * retirement. Rejects with the error of the PostgreSQL client.
 */
export async function checkBaseline(
  snapshot: LedgerSession,
  baseline: Baseline,
): Promise<'sound' | 'altered' | 'unsealed'> {
  const { id, rows, digest } = baseline;
  const [stored] = await snapshot.rows(STORED, [id]);
  if (Number(stored?.rows) !== rows || stored?.digest !== digest) return 'altered';
  const [sealed] = await snapshot.rows(SEALED, [id]);
  if (!sealed) return 'unsealed';
  const isSame = Number(sealed.rows) === rows && sealed.digest === digest && sealed.snapshot === baseline.snapshot;
  return isSame ? 'sound' : 'altered';
}

const TYPES = `'row_inserted', 'row_updated', 'row_deleted', 'row_changed_externally', 'table_truncated'`;

const NO_ID = '00000000-0000-0000-0000-000000000000';

/** The position before everything about a table: stage (baseline 0, events 1, outbox 2), event id, position in the outbox. */
export const BEGINNING: readonly unknown[] = [-1, NO_ID, '0'];

/** The baseline includes a change if the baseline's snapshot saw the change's transaction. */
const IS_VISIBLE = (transaction: string): string =>
  `CASE WHEN $4::boolean AND ${transaction} ~ '^[0-9]{1,19}$' THEN pg_visible_in_snapshot(${transaction}::xid8, $5::pg_snapshot) ELSE false END`;

/**
 * Finds the last TRUNCATE of the table itself, and the last TRUNCATE of any of its partitions. The query has the first five parameters of
 * {@link foldQuery}.
 */
export const TRUNCATIONS = `
  SELECT DISTINCT ON (is_part) is_part, stage, id, position FROM (
    SELECT d->>'partition' IS NOT NULL AS is_part, 1 AS stage, id, 0::bigint AS position
      FROM (SELECT id, details::jsonb AS d FROM audit_event WHERE type IN ('table_truncated', 'row_changed_externally') OFFSET 0) e
     WHERE d->>'operation' = 'TRUNCATE' AND d->>'schema' = $2 AND d->>'table' = $3 AND NOT ${IS_VISIBLE(`(d->>'transaction')`)}
    UNION ALL
    SELECT key = '*partition', 1, event_id, 0 FROM audit_row_retired
     WHERE schema_name = $2 AND table_name = $3 AND key IN ('*', '*partition') AND NOT ${IS_VISIBLE('transaction')}
    UNION ALL
    SELECT partition IS NOT NULL, 2, '${NO_ID}', position FROM audit_row_change_digests()
     WHERE operation = 'TRUNCATE' AND schema_name = $2 AND table_name = $3 AND NOT ${IS_VISIBLE('transaction::text')}
  ) truncated WHERE $1::uuid IS NOT NULL ORDER BY is_part, stage DESC, id DESC, position DESC`;

/**
 * Writes the query that compares the last digest of each row with the live row. Each row of the result is a mismatch (kind, key, event), or
 * the count of live rows (kind `rows`). Parameters after the fifth: the positions of the last TRUNCATE of the table itself, and of any of
 * its partitions.
 */
export function foldQuery({ digests = '', added }: Baseline): string {
  // If a row did not change after a column was added, its digest lacks that column.
  const older = added.map((_, index) => `SELECT key, digest FROM ${digests}(${quoteList(added.slice(index))})`);
  return `
  WITH facts AS (
    SELECT key COLLATE "C" AS key, encode(digest, 'hex') AS digest, false AS is_gone, false AS is_new,
           0 AS stage, '${NO_ID}'::uuid AS id, 0::bigint AS position, 0::bigint AS nth
      FROM audit_row_baseline_digest WHERE baseline = $1
    UNION ALL
    SELECT key COLLATE "C", digest, is_gone, false, 1, event_id, 0, 0 FROM audit_row_retired
     WHERE schema_name = $2 AND table_name = $3 AND key NOT IN ('*', '*partition') AND NOT ${IS_VISIBLE('transaction')}
    UNION ALL
    SELECT f.key COLLATE "C", f.digest, f.is_gone, f.is_new, 1, e.id, 0, 0
      FROM audit_event e, audit_row_facts(e.type, e.details::json, e.changes::json) f
     WHERE e.type IN (${TYPES}) AND f.schema_name = $2 AND f.table_name = $3 AND NOT ${IS_VISIBLE('f.transaction')}
    UNION ALL
    SELECT said.key COLLATE "C", o.digest, said.is_gone, said.is_new, 2, '${NO_ID}', o.position, o.nth
      FROM audit_row_change_digests() o,
           LATERAL (VALUES (o.key, o.is_gone, o.operation = 'INSERT'), (o.rekeyed_from, true, false)) said (key, is_gone, is_new)
     WHERE o.schema_name = $2 AND o.table_name = $3 AND said.key IS NOT NULL AND NOT ${IS_VISIBLE('o.transaction::text')}
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
