import type { MigrationRunner } from '../../../migrations/audit-migration.types.js';
import {
  isTokenCount,
  findNearestName,
  getEntityRules,
  createSecretNameTest,
  type TableRules,
} from '../../audit/nest-free.js';
import {
  formatTableName,
  type CapturedTable,
  type CaptureSetting,
  type TableName,
  type ColumnShape,
} from './captured-table.js';
import { parseTableName } from '../../monitoring/store/table-name.js';
import { readCurrentSchema } from '../../monitoring/store/schema/enter-schema.js';
import { rowChangesErrors } from './row-changes.errors.js';
import { COLUMN_KIND } from './row-image.js';

const isSecretName = createSecretNameTest();

/** The number type whose values become texts, because JSON numbers cannot represent the values exactly. */
const EXACT_TYPE = 'numeric';
/** Number types whose large values become texts. In keys, lists of such numbers always become lists of texts. */
const LARGE_TYPES: ReadonlySet<string | null> = new Set(['int8', 'float8', 'float4']);
const isNumber = (type: string | null): boolean =>
  LARGE_TYPES.has(type) || [EXACT_TYPE, 'int4', 'int2'].some((each) => each === type);

/** Each setting slows every statement, so a table has a setting only if one of its columns has the type. */
const SETTINGS_BY_TYPE: ReadonlyMap<RegExp, CaptureSetting> = new Map([
  [/^money$/m, ['lc_monetary', `'C'`]],
  [/^reg[a-z]+$/m, ['quote_all_identifiers', 'off']],
]);

/** The part of a TypeORM data source that {@link planTables} uses. */
export interface EntitySource {
  readonly entityMetadatas: readonly EntityTable[];
}

interface EntityColumn {
  readonly propertyPath: string;
  readonly databaseName: string;
  /** For a join column: the property of its relation. */
  readonly relationMetadata?: { readonly propertyPath: string } | undefined;
}

interface EntityTable {
  readonly target: unknown;
  readonly tableName: string;
  readonly schema?: string | undefined;
  readonly columns: readonly EntityColumn[];
  /** Whether the table belongs to a many-to-many relation. */
  readonly isJunction?: boolean;
  readonly foreignKeys?: readonly { readonly referencedEntityMetadata: { readonly target: unknown } }[];
}

export interface CaptureRequest {
  /** A data source. Its entities with `@AuditedEntity` are captured, with their many-to-many tables. */
  readonly source?: EntitySource | undefined;
  /** Tables without an audited entity, as `schema.table`, with their rules. */
  readonly tables?: Readonly<Record<string, TableRules>> | undefined;
}

interface RequestedTable extends TableName {
  readonly rules: TableRules;
}

/**
 * Compares the rules of all tables with the database. Resolves with the tables, sorted by name. Rejects with the error of the database
 * client.
 *
 * @throws `AUDIT_CAPTURE_IMPOSSIBLE` with all problems
 */
export async function planTables(runner: MigrationRunner, request: CaptureRequest): Promise<readonly CapturedTable[]> {
  const requested = [
    ...listEntityTables(request, (await readCurrentSchema(runner)) ?? 'public'),
    ...listNamedTables(request.tables),
  ];
  const problems = findDuplicates(requested);
  const planned: CapturedTable[] = [];
  for (const { schema, name, rules } of requested) {
    const table = await readTable(runner, { schema, name });
    if (table) planned.push(planCapture(table, rules, problems));
    else problems.push(`the table ${formatTableName({ schema, name })} does not exist`);
  }
  if (problems.length > 0) throw rowChangesErrors.AUDIT_CAPTURE_IMPOSSIBLE.ofTables(problems);
  return planned.toSorted((one, other) => (formatTableName(one) < formatTableName(other) ? -1 : 1));
}

/** If entities share a table, all their rules apply. Many-to-many tables have empty rules. */
function listEntityTables({ source, tables = {} }: CaptureRequest, ownSchema: string): readonly RequestedTable[] {
  const byTable = new Map<string, RequestedTable>();
  for (const entity of source?.entityMetadatas ?? []) {
    const { tableName: name, schema = ownSchema } = entity;
    const table = formatTableName({ schema, name });
    const own = getEntityRules(entity.target) ?? getJunctionRules(entity, table in tables);
    if (!own) continue;
    const rules = mergeRules(byTable.get(table)?.rules ?? {}, toColumnRules(own, entity));
    byTable.set(table, { schema, name, rules });
  }
  return [...byTable.values()];
}

function toColumnRules(rules: TableRules, { columns }: EntityTable): TableRules {
  const byColumn = (names: readonly string[] = []): readonly string[] =>
    names.flatMap((name) => {
      const named = columns.filter((column) =>
        [column.propertyPath, column.relationMetadata?.propertyPath].includes(name),
      );
      return named.length > 0 ? named.map(({ databaseName }) => databaseName) : [name];
    });
  const { redact, digest, ignore, facts } = rules;
  return {
    ...rules,
    redact: byColumn(redact),
    digest: byColumn(digest),
    ignore: byColumn(ignore),
    facts: byColumn(facts),
  };
}

/** If two rules concern a column, the stricter rule applies. If a rule can have only one value, the value of `first` applies. */
function mergeRules(first: TableRules, second: TableRules): TableRules {
  const both = (list: 'redact' | 'digest' | 'ignore' | 'facts', but: readonly string[] = []): readonly string[] =>
    [...new Set([...(first[list] ?? []), ...(second[list] ?? [])])].filter((column) => !but.includes(column));
  const redact = both('redact');
  const digest = both('digest', redact);
  const ignore = both('ignore', [...redact, ...digest]);
  return { ...second, ...first, redact, digest, ignore, facts: both('facts', [...redact, ...ignore]) };
}

function getJunctionRules({ isJunction, foreignKeys = [] }: EntityTable, isNamed: boolean): TableRules | undefined {
  const joins = isJunction === true && foreignKeys.some((key) => getEntityRules(key.referencedEntityMetadata.target));
  return joins && !isNamed ? {} : undefined;
}

function listNamedTables(tables: CaptureRequest['tables'] = {}): readonly RequestedTable[] {
  return Object.entries(tables).flatMap(([whole, rules]) => {
    const table = parseTableName(whole); // the options are checked
    return table ? { ...table, rules } : [];
  });
}

function findDuplicates(requested: readonly TableName[]): string[] {
  const names = requested.map(formatTableName);
  const again = new Set(names.filter((name, index) => names.indexOf(name) !== index));
  return [...again].map((name) => `${name} has rules in @AuditedEntity and in the option tables: remove one of them`);
}

function planCapture(table: ReadTable, rules: TableRules, problems: string[]): CapturedTable {
  const about = formatTableName(table);
  if (table.kind !== 'r' && table.kind !== 'p') problems.push(`${about} is not a table`);
  if (JSON.stringify([table, rules]).includes('$row_capture$'))
    problems.push(`${about} has a name or a column whose name its function cannot quote`);
  const columns = table.columns.filter(({ isVirtual }) => !isVirtual).map(({ name }) => name);
  const resolve = (rule: string, names: readonly string[] = []): readonly string[] =>
    names.map((column) => {
      if (!columns.includes(column)) problems.push(formatUnknownColumn(about, rule, column, columns));
      return column;
    });
  const redact = resolve('redact', rules.redact);
  const digested = resolve('digest', rules.digest);
  const ignored = resolve('ignore', rules.ignore);
  const facts = resolve('facts', rules.facts);
  for (const column of table.key) {
    if (ignored.includes(column)) problems.push(`${about} ignores ${column}, which is part of its key`);
  }
  const ruled = new Set([...redact, ...digested, ...ignored, ...facts]);
  const numbers = new Set(table.columns.flatMap(({ name, type, isList }) => (!isList && isNumber(type) ? [name] : [])));
  const secretByName = columns.filter(
    (name) => !ruled.has(name) && isSecretName(name) && !(numbers.has(name) && isTokenCount(name, 0)),
  );
  const redacted = [...redact, ...secretByName];
  const hidden = new Set([...redacted, ...digested, ...ignored]);
  const exact = table.columns.filter(
    ({ name, type, isVirtual, isList }) =>
      (type === EXACT_TYPE || (isList && table.key.includes(name) && LARGE_TYPES.has(type))) &&
      !isVirtual &&
      !hidden.has(name),
  );
  return {
    schema: table.schema,
    name: table.name,
    resource: rules.resource ?? table.name,
    key: table.key,
    isKeyDeferrable: table.isKeyDeferrable,
    columns,
    redacted,
    digested,
    ignored,
    facts,
    shape: table.columns.map(({ name, kind }) => ({ name, kind })),
    asText: exact.map(({ name }) => name),
    lists: exact.flatMap(({ name, isList }) => (isList && table.key.includes(name) ? [name] : [])),
    nestedKeys: table.columns.flatMap(({ name, isNested }) =>
      isNested && table.key.includes(name) && !hidden.has(name) ? [name] : [],
    ),
    hasParts: table.columns.some(({ type, isNested }) => isNested || type === 'json'),
    settings: [...SETTINGS_BY_TYPE].flatMap(([type, setting]) => (type.test(table.types.join('\n')) ? [setting] : [])),
    isHidden: table.isHidden,
    truncate: rules.truncate ?? 'refuse',
    onCaptureFailure: rules.onCaptureFailure ?? 'fail',
    secretByName,
    heirs: table.heirs,
  };
}

function formatUnknownColumn(table: string, rule: string, input: string, columns: readonly string[]): string {
  const nearest = findNearestName(input, [...columns]);
  return `${table} lacks the column ${input} of the rule ${rule}${nearest === undefined ? '' : ` (did you mean ${nearest}?)`}`;
}

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

interface ReadTable extends TableName {
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
async function readTable(runner: MigrationRunner, { schema, name }: TableName): Promise<ReadTable | undefined> {
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
  for (const table of tables)
    if ((await readTable(runner, table))?.key.length === 0) notes.push(formatMissingKey(table));
  return { tables, notes };
}

/** Says what the capture of a table lacks that has no key. */
export function formatMissingKey(table: TableName): string {
  return (
    `${formatTableName(table)} has neither a primary key nor a unique index of columns that are NOT NULL: its events do not name their row, so ` +
    'you cannot find all events of a row.'
  );
}
