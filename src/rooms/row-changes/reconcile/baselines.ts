import type { LedgerSession } from '../../../monitoring/store/sessions/ledger-session.js';
import { quote } from '../../../../migrations/audit-ownership.js';
import { nameOf, type TableName } from '../captured-table.js';
import { digestsName } from '../digest-sql.js';

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
    const fn = digestsName(baseline);
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
  return rows.map(({ schema, name }) => nameOf({ schema: String(schema), name: String(name) }));
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
