import { quote } from '../../../migrations/audit-ownership.js';
import type { CapturedTable, ColumnShape } from './captured-table.js';
import { inByteOrder, ruledName } from './column-layout.js';
import { listOf, literal } from './sql-text.js';

/** A placeholder in a SQL statement. When the trigger function runs, the list of columns replaces the placeholder. */
export const COLUMNS_MARK = '"?columns?"';

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

function saltOf(ledger: string): string {
  return `${quote(ledger)}.audit_row_salt()`;
}

/** In each expression, `#` stands for the column. It works for any type, because a column's type may change later. */
function expressions(ledger: string, salt: string): Readonly<Record<ColumnShape['kind'], string>> {
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
function wantedOf({ shape, ignored }: Shaped): readonly ColumnShape[] {
  return shape
    .filter(({ name }) => !ignored.includes(name))
    .toSorted((one, other) => inByteOrder(one.name, other.name));
}

/** Selects NULL for each column, under `LATERAL` queries: in place of a column that no longer exists. So PostgreSQL can always plan the query. */
export function absentColumns(table: Pick<CapturedTable, 'shape'>): string {
  return `(SELECT ${table.shape.map(({ name }) => `NULL::text AS ${quote(name)}`).join(', ')}) absent`;
}

export function imageColumns(table: Shaped, ledger: string, salt = saltOf(ledger)): string {
  const of = expressions(ledger, salt);
  return wantedOf(table)
    .map(({ name, kind }) => `${of[kind].replaceAll('#', () => quote(name))} AS ${quote(name)}`)
    .join(', ');
}

/** Writes the columns of an image whose values are all short: {@link isShort}, and so is the image's text. Equals {@link imageColumns} for such rows. */
export function shortColumns(table: Shaped, ledger: string): string {
  const of = {
    ...expressions(ledger, saltOf(ledger)),
    text: '#',
    float: 'to_jsonb(#)',
    long: 'to_jsonb(#)',
    json: 'to_jsonb(#)',
  };
  return wantedOf(table)
    .map(({ name, kind }) => `${of[kind].replaceAll('#', () => quote(name))} AS ${quote(name)}`)
    .join(', ');
}

/** Writes a condition that a row may have a short image. */
export function isShort(table: Shaped): string {
  const named = (...kinds: readonly ColumnShape['kind'][]): readonly string[] =>
    wantedOf(table).flatMap(({ name, kind }) => (kinds.includes(kind) ? quote(name) : []));
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
 * Writes a query for the text that replaces {@link COLUMNS_MARK}: the table's current columns, except the ignored columns.
 *
 * @param layout the layout in the triggers, as JSON
 */
export function columnsOf({ ignored }: CapturedTable, ledger: string, relation: string, layout: string): string {
  const kinds = Object.entries(expressions(ledger, saltOf(ledger))).map(
    ([kind, text]) => `WHEN '${kind}' THEN ${literal(text)}`,
  );
  return `SELECT string_agg(replace(CASE (${COLUMN_KIND}) ${kinds.join(' ')} END, '#', format('r.%I', a.attname)) || format(' AS %I', a.attname), ', ' ORDER BY a.attname COLLATE "C")
      FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
     WHERE a.attrelid = ${relation} AND a.attnum > 0 AND NOT a.attisdropped AND ${ruledName(layout)} <> ALL (${listOf(ignored)})`;
}
