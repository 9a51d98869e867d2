import { quote } from '../../../migrations/audit-ownership.js';
import type { CapturedTable, ColumnShape } from './captured-table.js';
import { ruledName } from './column-layout.js';
import { listOf, literal } from './sql-text.js';

/** A placeholder in a SQL statement. When the trigger function runs, the list of columns replaces the placeholder. */
export const COLUMNS_MARK = '"?columns?"';

/** The SQL function `audit_row_value` shortens values from 65,536 bytes on, and looks for copies of such a shortened value from this length on. */
const SHORTENED_BYTES = 16_500;

/**
 * A SQL expression for the kind of a column, which decides how an image gets the column's values. `short` values are copied, a `float` may be
 * -0, `long` values are measured first, `json` may be a JSON null, and a function converts `guarded` values, which JSON may not represent. Virtual generated columns are left out, because
 * a trigger sees NULL in them.
 */
export const COLUMN_KIND = `
  CASE WHEN a.attgenerated = 'v' THEN 'virtual'
       WHEN t.typoutput IN ('pg_catalog.float8out'::regproc, 'pg_catalog.float4out'::regproc) THEN 'float'
       WHEN t.typoutput = 'pg_catalog.jsonb_out'::regproc THEN 'json'
       WHEN t.typlen > 0 OR t.typoutput = 'pg_catalog.numeric_out'::regproc THEN 'short'
       WHEN t.typoutput IN ('pg_catalog.byteaout'::regproc, 'pg_catalog.json_out'::regproc, 'pg_catalog.array_out'::regproc,
         'pg_catalog.record_out'::regproc, 'pg_catalog.range_out'::regproc, 'pg_catalog.multirange_out'::regproc) THEN 'guarded'
       ELSE 'long' END`;

function saltOf(ledger: string): string {
  return `${quote(ledger)}.audit_row_salt()`;
}

/** In each expression, `#` stands for the column. It works for any type, because a column's type may change later. */
function expressions(ledger: string, salt: string): Readonly<Record<ColumnShape['kind'], string>> {
  const guarded = `${quote(ledger)}.audit_row_value(#, ${salt})`;
  const isLong = `octet_length(#::text) > ${SHORTENED_BYTES}`;
  return {
    short: '#',
    float: `CASE #::text WHEN '-0' THEN to_jsonb(#::text) ELSE to_jsonb(#) END`,
    long: `CASE WHEN ${isLong} THEN ${guarded} ELSE to_jsonb(#) END`,
    json: `CASE WHEN ${isLong} OR jsonb_typeof(to_jsonb(#)) IN ('null', 'string') THEN ${guarded} ELSE to_jsonb(#) END`,
    guarded,
    virtual: 'NULL::text',
  };
}

/**
 * Selects the images of rows. In place of a column that no longer exists, the query selects NULL, so PostgreSQL can always plan the query.
 * Run the query only if {@link isOfShape} is true.
 */
export function imagesOf(
  { shape, ignored }: Pick<CapturedTable, 'shape' | 'ignored'>,
  ledger: string,
  rows: string,
  salt = saltOf(ledger),
): string {
  const wanted = shape.filter(({ name }) => !ignored.includes(name));
  const of = expressions(ledger, salt);
  const absent = wanted.map(({ name }) => `NULL::text AS ${quote(name)}`);
  const present = wanted.map(({ name, kind }) => `${of[kind].replaceAll('#', () => quote(name))} AS ${quote(name)}`);
  return `(SELECT to_jsonb(x.*) AS image FROM (SELECT ${absent.join(', ')}) absent,
             LATERAL (SELECT ${present.join(', ')} FROM ${rows} r) x)`;
}

/** Selects the images of rows with the columns of {@link columnsOf}, which the database inserts at run time. */
export function completedImages(rows: string): string {
  return `(SELECT to_jsonb(x.*) AS image FROM (SELECT ${COLUMNS_MARK} FROM ${rows} r) x)`;
}

/** Writes a condition that rows have exactly the columns for which the trigger function was generated. */
export function isOfShape({ shape }: CapturedTable, rows: string): string {
  const expected = JSON.stringify(Object.fromEntries(shape.map(({ name }) => [name, null])));
  return `(SELECT to_jsonb(w.*) FROM (SELECT q.* FROM (VALUES (1)) one LEFT JOIN (SELECT r.* FROM ${rows} r LIMIT 0) q ON true) w) = ${literal(expected)}::jsonb`;
}

/**
 * Writes a query for the text that replaces {@link COLUMNS_MARK}: the table's current columns, except the ignored columns.
 *
 * @param layout the layout in the triggers, as JSON
 */
export function columnsOf({ ignored }: CapturedTable, ledger: string, relation: string, layout: string): string {
  const kinds = Object.entries(expressions(ledger, saltOf(ledger))).map(
    ([kind, text]) => `WHEN '${kind}' THEN ${literal(text)}`,
  );
  return `SELECT string_agg(replace(CASE (${COLUMN_KIND}) ${kinds.join(' ')} END, '#', format('r.%I', a.attname)) || format(' AS %I', a.attname), ', ')
      FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
     WHERE a.attrelid = ${relation} AND a.attnum > 0 AND NOT a.attisdropped AND ${ruledName(layout)} <> ALL (${listOf(ignored)})`;
}
