import { quote } from '../../../migrations/audit-ownership.js';
import {
  type CapturedTable,
  type ColumnShape,
  settingClauses,
  storedSettings,
  formatTableName,
  type TableName,
} from './captured-table.js';
import {
  compareBytes,
  selectRuleName,
  quoteList,
  quoteSqlLiteral,
  listAsText,
  selectLayoutFrom,
  shortenName,
} from './column-layout.js';

/** A placeholder in a SQL statement. When the trigger function runs, the list of columns replaces the placeholder. */
export const COLUMNS_PLACEHOLDER = '"?columns?"';

/** The SQL function `audit_row_value` shortens values from 65,536 bytes on, and looks for copies of such a shortened value from this length on. */
const SHORTENED_BYTES = 16_500;

/** The stored size of a row's long values, from which on each value is measured. The row's text may be longer, and is measured itself. */
const MEASURED_BYTES = 8_000;

/**
 * A SQL expression for the kind of a column, which decides how an image gets the column's values. `short` values are copied, and so are `text`
 * values after they were measured. A `float` may be -0, other `long` values are measured, `json` may be a JSON null, and a function converts `guarded`
 * values, which JSON may not represent. Virtual generated columns are left out, because a trigger sees NULL in them.
 */
export const COLUMN_KIND = `
  CASE WHEN a.attgenerated = 'v' THEN 'virtual'
       WHEN t.typoutput IN ('pg_catalog.float8out'::regproc, 'pg_catalog.float4out'::regproc) THEN 'float'
       WHEN t.typoutput = 'pg_catalog.jsonb_out'::regproc THEN 'json'
       WHEN t.typoutput IN ('pg_catalog.byteaout'::regproc, 'pg_catalog.json_out'::regproc, 'pg_catalog.array_out'::regproc,
         'pg_catalog.record_out'::regproc, 'pg_catalog.range_out'::regproc, 'pg_catalog.multirange_out'::regproc) THEN 'guarded'
       WHEN EXISTS (SELECT FROM pg_cast c WHERE c.castsource IN (t.oid, t.typbasetype) AND c.casttarget = 'json'::regtype AND c.oid >= 16384) THEN 'long'
       WHEN t.typlen > 0 OR t.typoutput = 'pg_catalog.numeric_out'::regproc THEN 'short'
       WHEN t.typoutput IN ('pg_catalog.textout'::regproc, 'pg_catalog.varcharout'::regproc, 'pg_catalog.bpcharout'::regproc) THEN 'text'
       ELSE 'long' END`;

function selectSalt(ledger: string): string {
  return `${quote(ledger)}.audit_row_salt()`;
}

/** In each expression, `#` stands for the column. It works for any type, because a column's type may change later. */
function buildExpressions(ledger: string, salt: string): Readonly<Record<ColumnShape['kind'], string>> {
  const guarded = `${quote(ledger)}.audit_row_value(#, ${salt})`;
  const isLong = `octet_length(#::text) > ${SHORTENED_BYTES}`;
  const long = `CASE WHEN ${isLong} THEN ${guarded} ELSE to_jsonb(#) END`;
  return {
    short: '#',
    float: `CASE #::text WHEN '-0' THEN to_jsonb(#::text) ELSE to_jsonb(#) END`,
    text: long,
    long,
    json: `CASE WHEN ${isLong} OR jsonb_typeof(to_jsonb(#)) IN ('null', 'string') THEN ${guarded} ELSE to_jsonb(#) END`,
    guarded,
    virtual: 'NULL::text',
  };
}

type Shaped = Pick<CapturedTable, 'shape' | 'ignored'>;

/** The order of columns in images does not depend on the order in the table, so that a digest outlives a rebuilt table. */
function listStoredColumns({ shape, ignored }: Shaped): readonly ColumnShape[] {
  return shape
    .filter(({ name }) => !ignored.includes(name))
    .toSorted((one, other) => compareBytes(one.name, other.name));
}

/** Selects NULL for each column, under `LATERAL` queries: in place of a column that no longer exists. So PostgreSQL can always plan the query. */
export function selectAbsentColumns(table: Pick<CapturedTable, 'shape'>): string {
  return `(SELECT ${table.shape.map(({ name }) => `NULL::text AS ${quote(name)}`).join(', ')}) absent`;
}

export function selectImageColumns(table: Shaped, ledger: string, salt = selectSalt(ledger)): string {
  const of = buildExpressions(ledger, salt);
  return listStoredColumns(table)
    .map(({ name, kind }) => `${of[kind].replaceAll('#', () => quote(name))} AS ${quote(name)}`)
    .join(', ');
}

/** Writes the columns of an image whose values are all short: {@link isShort}, and so is the image's text. Equals {@link selectImageColumns} for such rows. */
export function selectShortColumns(table: Shaped, ledger: string): string {
  const of = {
    ...buildExpressions(ledger, selectSalt(ledger)),
    text: '#',
    float: 'to_jsonb(#)',
    long: 'to_jsonb(#)',
    json: 'to_jsonb(#)',
  };
  return listStoredColumns(table)
    .map(({ name, kind }) => `${of[kind].replaceAll('#', () => quote(name))} AS ${quote(name)}`)
    .join(', ');
}

/** Writes a condition that a row may have a short image. */
export function isShort(table: Shaped): string {
  const named = (...kinds: readonly ColumnShape['kind'][]): readonly string[] =>
    listStoredColumns(table).flatMap(({ name, kind }) => (kinds.includes(kind) ? quote(name) : []));
  const long = named('text', 'long', 'json');
  const reasons = [
    ...(long.length > 0 ? [`pg_column_size(ROW(${long.join(', ')})) > ${MEASURED_BYTES}`] : []),
    ...named('json').map((name) => `jsonb_typeof(to_jsonb(${name})) IN ('null', 'string')`),
    ...named('float').map((name) => `${name}::text = '-0'`),
  ];
  return reasons.length === 0 ? 'true' : `(${reasons.join(' OR ')}) IS NOT TRUE`;
}

/** Writes a condition that the text of a short image contains no long value. */
export function isShortText(text: string): string {
  return `octet_length(${text}) <= ${SHORTENED_BYTES}`;
}

/**
 * Writes a query for the text that replaces {@link COLUMNS_PLACEHOLDER}: the table's current columns, except the ignored columns.
 *
 * @param layout the layout in the triggers, as JSON
 */
export function selectColumns({ ignored }: CapturedTable, ledger: string, relation: string, layout: string): string {
  const kinds = Object.entries(buildExpressions(ledger, selectSalt(ledger))).map(
    ([kind, text]) => `WHEN '${kind}' THEN ${quoteSqlLiteral(text)}`,
  );
  return `SELECT string_agg(replace(CASE (${COLUMN_KIND}) ${kinds.join(' ')} END, '#', format('r.%I', a.attname)) || format(' AS %I', a.attname), ', ' ORDER BY a.attname COLLATE "C")
      FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
     WHERE a.attrelid = ${relation} AND a.attnum > 0 AND NOT a.attisdropped AND ${selectRuleName(layout)} <> ALL (${quoteList(ignored)})`;
}

/** Returns the name of a table's digest function, which reads the key and the digest of each row. */
export function formatDigestsName({ name }: TableName): string {
  return shortenName('row_digests_', name);
}

/** Returns whether rows can be compared with their events: a key without redacted columns must identify each row, and all rows must be readable. */
export function isReconciled({ key, isKeyDeferrable, redacted, isHidden }: CapturedTable): boolean {
  return !isHidden && !isKeyDeferrable && key.length > 0 && !key.some((column) => redacted.includes(column));
}

/**
 * Writes the statements that make the digest function, and take the first baseline. Returns no statement for a table that cannot be
 * reconciled.
 */
export function buildDigestsStatements(table: CapturedTable, ledger: string): readonly string[] {
  if (!isReconciled(table)) return [];
  const fn = `${quote(table.schema)}.${quote(formatDigestsName(table))}`;
  return [
    `CREATE OR REPLACE FUNCTION ${fn}(without text[]) RETURNS TABLE (key text, digest text, shown text)\n` +
      `LANGUAGE plpgsql STABLE SECURITY DEFINER\n${settingClauses(table)}\n  SET row_security = off\nAS $row_capture$${buildDigestsBody(table, ledger)}$row_capture$`,
    `REVOKE ALL ON FUNCTION ${fn}(text[]) FROM PUBLIC`,
    `DO $row_capture$ DECLARE reader text := ${quote(ledger)}.audit_role('reader'::text); BEGIN
  EXECUTE format(${quoteSqlLiteral(`GRANT EXECUTE ON FUNCTION ${fn.replaceAll('%', '%%')}(text[]) TO %I`)}, reader);
  IF NOT has_schema_privilege(reader, ${quoteSqlLiteral(table.schema)}, 'USAGE') THEN
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', ${quoteSqlLiteral(table.schema)}, reader);
  END IF;
END $row_capture$`,
    takeBaseline(table, ledger, false),
  ];
}

/**
 * Writes a statement that makes a baseline. @param again whether to make a new baseline although the last baseline still fits the table's
 * key and columns
 */
export function takeBaseline(table: CapturedTable, ledger: string, again: boolean): string {
  const input = [table.schema, table.name, `${quote(table.schema)}.${quote(formatDigestsName(table))}`].map(
    (text) => `${quoteSqlLiteral(text)}::text`,
  );
  const lists = [table.key, table.columns, table.ignored].map(quoteList);
  return `SELECT ${quote(ledger)}.audit_row_baseline_create(${[...input, ...lists].join(', ')}, ${String(again)}) AS baseline`;
}

/** Writes the statements that remove the digest function, and record the end of the capture. */
export function buildEndDigestsStatements(table: TableName, ledger: string): readonly string[] {
  return [
    `DROP FUNCTION IF EXISTS ${quote(table.schema)}.${quote(formatDigestsName(table))}(text[])`,
    `SELECT ${quote(ledger)}.audit_row_baseline_end(${quoteSqlLiteral(table.schema)}::text, ${quoteSqlLiteral(table.name)}::text)`,
  ];
}

/** Returns the settings of the digest function, in the form of `pg_proc.proconfig`. */
export function storedDigestsSettings(table: CapturedTable): readonly string[] {
  return [...storedSettings(table), 'row_security=off'];
}

/** Writes the body of the digest function, in the form of `pg_proc.prosrc`. The function's digests equal the triggers' digests. */
export function buildDigestsBody(table: CapturedTable, ledger: string): string {
  const from = `${quote(table.schema)}.${quote(table.name)}`;
  const relation = `${quoteSqlLiteral(from)}::regclass`;
  const key = `${quote(ledger)}.audit_row_key(jsonb_build_object(${selectKeyPairs(table).join(', ')}))`;
  const rows = `SELECT ${quote(ledger)}.audit_row_key_fold(k.key, k.salt), k.digest, k.key
    FROM (SELECT ${table.key.length === 1 ? selectKeyParts(table).join('') : key} AS key, s.salt,
                 encode(sha256(s.salt || convert_to(i.image::text, 'UTF8')), 'hex') AS digest
            FROM (SELECT row_to_json(x.*) AS image FROM (SELECT ${COLUMNS_PLACEHOLDER} FROM ${from} r) x OFFSET 0) i, ${quote(ledger)}.audit_row_salt s OFFSET 0) k`;
  return `
BEGIN
  IF current_setting('role') ~ '^audit_reader_' AND current_setting('audit.reads', true) IS DISTINCT FROM 'all' THEN RETURN; END IF;
  RETURN QUERY EXECUTE replace(${quoteSqlLiteral(rows)}, ${quoteSqlLiteral(COLUMNS_PLACEHOLDER)},
    (${selectColumns(table, ledger, relation, selectLayoutFrom(relation, ledger))} AND a.attname <> ALL (without)));
END `;
}

function selectKeyParts({ key, digested, lists }: CapturedTable): readonly string[] {
  return key.map((column) => {
    const isList = lists.includes(column);
    const part = isList
      ? `(${listAsText(`(i.image::jsonb -> ${quoteSqlLiteral(column)})`)})::text`
      : `i.image ->> ${quoteSqlLiteral(column)}`;
    return digested.includes(column)
      ? `'sha256:' || encode(sha256(s.salt || convert_to(${part}, 'UTF8')), 'hex')`
      : part;
  });
}

function selectKeyPairs(table: CapturedTable): readonly string[] {
  const parts = selectKeyParts(table);
  return table.key.map((column, index) => `${quoteSqlLiteral(column)}, ${parts[index] ?? 'NULL'}`);
}

export function formatNotReconciled(table: CapturedTable): string {
  const why = table.isHidden
    ? 'row-level security hides rows from the login that captures the table. Use a login with BYPASSRLS'
    : table.key.length === 0
      ? 'it has no key'
      : table.isKeyDeferrable
        ? 'its key is DEFERRABLE, so rows may share a key until the commit. Add another unique index of columns that are NOT NULL'
        : 'its key is redacted';
  return `${formatTableName(table)} cannot be reconciled: ${why}.`;
}
