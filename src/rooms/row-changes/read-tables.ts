import type { MigrationRunner } from '../../../migrations/audit-migration.types.js';
import { nameOf, type ColumnShape, type TableName } from './captured-table.js';
import { COLUMN_KIND } from './row-image.js';

interface ReadColumn {
  readonly name: string;
  /** The element type of an array, the underlying type of a domain, or the column's own type; `null` for a type that is not PostgreSQL's own. */
  readonly type: string | null;
  /** Whether the column has arrays of the type. */
  readonly isList: boolean;
  /** Whether the column's values, or the elements of its arrays, are composite or `jsonb`. */
  readonly isNested: boolean;
  /** Whether the column is computed only when somebody reads it, so that triggers do not see its value. */
  readonly isVirtual: boolean;
  readonly kind: ColumnShape['kind'];
}

export interface ReadTable extends TableName {
  /** The value of `pg_class.relkind`. */
  readonly kind: string;
  /** Whether row-level security hides rows from the current login. */
  readonly isHidden: boolean;
  readonly columns: readonly ReadColumn[];
  /** All types in the table's columns, including nested types; `null` for a type that is not PostgreSQL's own. */
  readonly types: readonly (string | null)[];
  readonly key: readonly string[];
  /** Whether the key is deferrable: two rows may then have the same key until the commit. */
  readonly isKeyDeferrable: boolean;
  readonly heirs: readonly TableName[];
}

/** The catalogue's name of a type of PostgreSQL, which no setting of the session changes, unlike `format_type`. */
const TYPE_NAME = (oid: string): string =>
  `(SELECT named.typname FROM pg_type named WHERE named.oid = ${oid} AND named.typnamespace = 'pg_catalog'::regnamespace)`;

const TABLE = `
  SELECT n.nspname::text AS schema, c.relname::text AS name, c.relkind::text AS kind, row_security_active(c.oid) AS "isHidden",
         (SELECT coalesce(json_agg(json_build_object('name', a.attname, 'type', ${TYPE_NAME('base.oid')}, 'isList', base.is_list, 'isNested', base.is_nested,
                                            'isVirtual', a.attgenerated = 'v', 'kind', (SELECT ${COLUMN_KIND} FROM pg_type t WHERE t.oid = a.atttypid)) ORDER BY a.attnum), '[]')
            FROM pg_attribute a, LATERAL (
              WITH RECURSIVE below AS (
                SELECT t.oid, false AS is_list, t.typtype, t.typcategory, t.typbasetype, t.typelem FROM pg_type t WHERE t.oid = a.atttypid
                UNION ALL
                SELECT t.oid, below.is_list OR below.typtype <> 'd', t.typtype, t.typcategory, t.typbasetype, t.typelem
                  FROM below JOIN pg_type t ON t.oid = CASE WHEN below.typtype = 'd' THEN below.typbasetype
                                                            WHEN below.typcategory = 'A' THEN below.typelem END)
              SELECT oid, is_list, typtype = 'c' OR oid = 'jsonb'::regtype AS is_nested FROM below WHERE typtype <> 'd' AND typcategory <> 'A') base
           WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns,
         (WITH RECURSIVE part AS (
            SELECT a.atttypid AS oid FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
            UNION
            SELECT within.oid FROM part JOIN pg_type t ON t.oid = part.oid, LATERAL (
              SELECT t.typbasetype AS oid UNION ALL SELECT t.typelem
              UNION ALL SELECT a.atttypid FROM pg_attribute a WHERE t.typtype = 'c' AND a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped
              UNION ALL SELECT r.rngsubtype FROM pg_range r WHERE r.rngtypid = t.oid) within
             WHERE within.oid <> 0)
          SELECT coalesce(json_agg(${TYPE_NAME('part.oid')}), '[]') FROM part) AS types,
         best.is_deferrable IS TRUE AS "isKeyDeferrable",
         (SELECT coalesce(json_agg(a.attname ORDER BY part.nth), '[]')
            FROM unnest(best.attributes) WITH ORDINALITY AS part (attribute, nth), pg_attribute a
           WHERE a.attrelid = c.oid AND a.attnum = part.attribute AND part.nth <= best.indnkeyatts) AS key,
         (WITH RECURSIVE heir AS (
            SELECT inhrelid FROM pg_inherits WHERE inhparent = c.oid
            UNION SELECT i.inhrelid FROM pg_inherits i JOIN heir ON i.inhparent = heir.inhrelid)
          SELECT coalesce(json_agg(json_build_object('schema', hn.nspname, 'name', h.relname) ORDER BY hn.nspname, h.relname), '[]')
            FROM heir JOIN pg_class h ON h.oid = heir.inhrelid JOIN pg_namespace hn ON hn.oid = h.relnamespace
           WHERE h.relkind IN ('r', 'p')) AS heirs
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN LATERAL (
      SELECT i.indkey::smallint[] AS attributes, i.indnkeyatts, NOT i.indimmediate AS is_deferrable FROM pg_index i
       WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
         AND NOT EXISTS (SELECT FROM pg_attribute a
                          WHERE a.attrelid = c.oid AND NOT a.attnotnull
                            AND a.attnum = ANY ((i.indkey::smallint[])[0:i.indnkeyatts - 1]))
       ORDER BY i.indimmediate DESC, i.indisprimary DESC, i.indnkeyatts, i.indexrelid LIMIT 1) best ON true
   WHERE n.nspname = $1 AND c.relname = $2`;

/** Reads a table of the database. Resolves with `undefined` if the table does not exist. Rejects with the error of the PostgreSQL client. */
export async function readTable(runner: MigrationRunner, { schema, name }: TableName): Promise<ReadTable | undefined> {
  const rows = await runner.query(TABLE, [schema, name]);
  return (rows as readonly ReadTable[])[0]; // the selected columns
}

const LEDGER = `
  SELECT current_database()::text AS database, (
    SELECT n.nspname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relname = 'audit_row_change' AND c.relkind = 'r' AND ($1::text IS NULL OR n.nspname = $1)
     ORDER BY n.nspname = ANY (current_schemas(false)) DESC, n.nspname = 'audit' DESC LIMIT 1) AS schema`;

/** Returns the database's name, and the schema of its ledger. Rejects with the error of the PostgreSQL client. */
export async function findLedger(
  runner: MigrationRunner,
  schema?: string,
): Promise<{ readonly database: string; readonly schema: string | null }> {
  const rows = await runner.query(LEDGER, [schema ?? null]);
  const [row] = rows as readonly [{ database: string; schema: string | null }]; // the query always returns one row
  return row;
}

/** Tables of the common migration tools, which need no capture. */
const MIGRATION_TABLES = [
  ...['migrations', 'typeorm_metadata', '_prisma_migrations', '__drizzle_migrations', 'mikro_orm_migrations'],
  ...['kysely_migration', 'kysely_migration_lock', 'knex_migrations', 'knex_migrations_lock', 'SequelizeMeta'],
];

const ALL_TABLES = `
  SELECT n.nspname::text AS schema, c.relname::text AS name
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't' AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
     AND c.relname <> ALL ($1::text[])
     AND NOT EXISTS (SELECT FROM pg_inherits i WHERE i.inhrelid = c.oid)
     AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
     AND NOT (n.nspname IS NOT DISTINCT FROM $2 AND c.relname ~ '^audit_')
   ORDER BY 1, 2`;

/**
 * Returns the tables that an application may want to capture, with notes on tables without a key: all but the ledger's own, partitions, and
 * tables of migration tools and extensions. Rejects with the error of the PostgreSQL client.
 */
export async function readAllTables(
  runner: MigrationRunner,
  schema?: string,
): Promise<{ readonly tables: readonly TableName[]; readonly notes: readonly string[] }> {
  const { schema: ledger } = await findLedger(runner, schema);
  const tables = (await runner.query(ALL_TABLES, [MIGRATION_TABLES, ledger])) as readonly TableName[]; // the selected columns
  const notes: string[] = [];
  for (const table of tables) if ((await readTable(runner, table))?.key.length === 0) notes.push(withoutKey(table));
  return { tables, notes };
}

/** Says what the capture of a table lacks that has no key. */
export function withoutKey(table: TableName): string {
  return (
    `${nameOf(table)} has neither a primary key nor a unique index of columns that are NOT NULL: its events do not name their row, so ` +
    'you cannot find all events of a row.'
  );
}
