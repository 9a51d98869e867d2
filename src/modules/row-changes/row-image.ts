import { quote } from '../../../migrations/audit-ownership.js';
import type { CapturedTable, ColumnShape } from './captured-table.js';
import { ruledName } from './column-layout.js';
import { listOf, literal } from './sql-text.js';

/** Stands for the columns in the text of a statement that the database completes. */
export const COLUMNS_MARK = '"?columns?"';

/** The size above which values are cut, as in `audit_row_value`. */
const MAX_VALUE_BYTES = 65_536;

/**
 * How a column's values get into an image. Short values are taken as they are, possibly long ones are measured first, and a function
 * converts values that may fail as JSON. Columns that are computed on reading are left out, since a trigger sees NULL.
 */
export const COLUMN_KIND = `
  CASE WHEN a.attgenerated = 'v' THEN 'virtual'
       WHEN t.typlen > 0 OR t.typoutput = 'pg_catalog.numeric_out'::regproc THEN 'short'
       WHEN t.typoutput IN ('pg_catalog.byteaout'::regproc, 'pg_catalog.json_out'::regproc, 'pg_catalog.array_out'::regproc,
         'pg_catalog.record_out'::regproc, 'pg_catalog.range_out'::regproc, 'pg_catalog.multirange_out'::regproc) THEN 'guarded'
       ELSE 'long' END`;

/** The expressions of the kinds, with `#` for the column. They work for any type, since a column's type may have changed. */
function expressions(ledger: string): Readonly<Record<ColumnShape['kind'], string>> {
  const guarded = `${quote(ledger)}.audit_row_value(#, ${quote(ledger)}.audit_row_salt())`;
  return {
    short: '#',
    long: `CASE WHEN octet_length(#::text) > ${MAX_VALUE_BYTES} THEN ${guarded} ELSE to_jsonb(#) END`,
    guarded,
    virtual: 'NULL::text',
  };
}

/**
 * The images of rows, for a table that may have lost columns: a missing name resolves to a NULL constant. So the statement can always be
 * planned, and {@link isOfShape} decides whether it is executed.
 */
export function imagesOf({ shape, ignored }: CapturedTable, ledger: string, rows: string): string {
  const wanted = shape.filter(({ name }) => !ignored.includes(name));
  const of = expressions(ledger);
  const absent = wanted.map(({ name }) => `NULL::text AS ${quote(name)}`);
  const present = wanted.map(({ name, kind }) => `${of[kind].replaceAll('#', () => quote(name))} AS ${quote(name)}`);
  return `(SELECT to_jsonb(x.*) AS image FROM (SELECT ${absent.join(', ')}) absent,
             LATERAL (SELECT ${present.join(', ')} FROM ${rows} r) x)`;
}

/** The images if the database completes the columns by {@link columnsOf}. */
export function completedImages(rows: string): string {
  return `(SELECT to_jsonb(x.*) AS image FROM (SELECT ${COLUMNS_MARK} FROM ${rows} r) x)`;
}

/** Whether rows have exactly the columns for which the function was generated. */
export function isOfShape({ shape }: CapturedTable, rows: string): string {
  const expected = JSON.stringify(Object.fromEntries(shape.map(({ name }) => [name, null])));
  return `(SELECT to_jsonb(w.*) FROM (SELECT q.* FROM (VALUES (1)) one LEFT JOIN (SELECT r.* FROM ${rows} r LIMIT 0) q ON true) w) = ${literal(expected)}::jsonb`;
}

/**
 * A query for the columns that {@link COLUMNS_MARK} stands for: the table's present columns, without those that were ignored when its
 * triggers were made.
 *
 * @param layout of these triggers, as JSON
 */
export function columnsOf({ ignored }: CapturedTable, ledger: string, relation: string, layout: string): string {
  const kinds = Object.entries(expressions(ledger)).map(([kind, text]) => `WHEN '${kind}' THEN ${literal(text)}`);
  return `SELECT string_agg(replace(CASE (${COLUMN_KIND}) ${kinds.join(' ')} END, '#', format('r.%I', a.attname)) || format(' AS %I', a.attname), ', ')
      FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
     WHERE a.attrelid = ${relation} AND a.attnum > 0 AND NOT a.attisdropped AND ${ruledName(layout)} <> ALL (${listOf(ignored)})`;
}
