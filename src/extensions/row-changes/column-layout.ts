import { createHash } from 'node:crypto';
import { quote } from '../../../migrations/audit-ownership.js';
import { formatTableName, type CapturedTable, type TableName } from './captured-table.js';

/** A column keeps its number when it is renamed; rules use the column's name. */
const PAIR = `(a.attnum || ' ' || a.attname)`;
const FROM_TABLE_COLUMNS = (relation: string): string =>
  `pg_attribute a WHERE a.attrelid = ${relation} AND a.attnum > 0 AND NOT a.attisdropped`;

/** Writes an expression for a table's columns, in the form of the argument that the table's triggers have. */
export function selectLayout({ schema, name }: TableName, ledger: string): string {
  return `${quote(ledger)}.audit_row_layout(${quoteSqlLiteral(schema)}, ${quoteSqlLiteral(name)}, NULL)`;
}

/**
 * In a trigger function: whether the table has exactly the columns for which the function was generated, with the numbers that they had when the
 * trigger was made. A statement can also name a partition or a child table, which has its own trigger.
 */
export function isLaidOut(
  { schema, name, shape }: Pick<CapturedTable, 'schema' | 'name' | 'shape'>,
  ledger: string,
): string {
  const layout = `${quote(ledger)}.audit_row_layout`;
  const names = quoteList(shape.map((column) => column.name).toSorted(compareBytes));
  return `CASE WHEN TG_TABLE_NAME = ${quoteSqlLiteral(name)} AND TG_TABLE_SCHEMA = ${quoteSqlLiteral(schema)} THEN ${layout}(${quoteSqlLiteral(schema)}, ${quoteSqlLiteral(name)}, ${names})
                  ELSE ${layout}(TG_TABLE_SCHEMA, TG_TABLE_NAME, ${names}) END = TG_ARGV[0]`;
}

/** Compares names as PostgreSQL does with the collation "C". */
export function compareBytes(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}

/** In a trigger function: whether the table had the column `a` with this name when the trigger was made. */
export const IS_IN_LAYOUT = `(TG_ARGV[0]::jsonb ? ${PAIR}) IS TRUE`;

/** Writes a query for the layout in a table's triggers, for use outside triggers. The result is NULL if the table has no trigger. */
export function selectLayoutFrom(relation: string, ledger: string): string {
  return `(SELECT ${readLayout(ledger)} FROM pg_trigger t WHERE t.tgrelid = ${relation} AND ${IS_CAPTURE} LIMIT 1)`;
}

/**
 * Writes an expression for the name that rules use for a column `a`: its name when the triggers were made. A column that was added later
 * has its current name.
 *
 * @param layout as JSON
 */
export function selectRuleName(layout: string): string {
  return `coalesce((SELECT substr(pair, strpos(pair, ' ') + 1) FROM jsonb_object_keys(${layout}) pair WHERE pair LIKE a.attnum || ' %'), a.attname)`;
}

const IS_CAPTURE = String.raw`NOT t.tgisinternal AND t.tgname LIKE 'row\_capture\_%' AND t.tgnargs = 1`;

function readLayout(ledger?: string): string {
  const read = `${ledger === undefined ? '' : `${quote(ledger)}.`}audit_row_json`;
  return `${read}(convert_from(substr(t.tgargs, 1, octet_length(t.tgargs) - 1), getdatabaseencoding()))`;
}

/**
 * In a trigger function: whether columns were renamed after the transaction's snapshot. Under REPEATABLE READ and SERIALIZABLE, catalogue
 * queries return the old names, but built-in functions return the new names.
 */
export const IS_RENAMED_SINCE = `EXISTS (SELECT FROM ${FROM_TABLE_COLUMNS('TG_RELID')}
       AND (pg_identify_object_as_address('pg_class'::regclass, TG_RELID, a.attnum)).object_names[3] IS DISTINCT FROM a.attname)`;

/** In a trigger function: whether columns were added after the transaction's snapshot. */
export const IS_ADDED_SINCE = `EXISTS (SELECT FROM generate_series(1, 9) more, (SELECT max(a.attnum) AS last FROM pg_attribute a WHERE a.attrelid = TG_RELID) known
       WHERE (pg_identify_object_as_address('pg_class'::regclass, TG_RELID, known.last + more)).object_names IS NOT NULL)`;

/** A captured table, with the columns that were renamed after its triggers were made. */
export interface RenamedColumns extends TableName {
  readonly columns: readonly string[];
}

/** Writes a query for the {@link RenamedColumns} of a database. @param ledger the ledger's schema, if the search path may lack it */
export function selectRenamedColumns(ledger?: string): string {
  return `
  SELECT n.nspname::text AS schema, c.relname::text AS name, json_agg(DISTINCT a.attname) AS columns
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN LATERAL (SELECT ${readLayout(ledger)} AS layout OFFSET 0) made ON true
    JOIN LATERAL (SELECT a.* FROM ${FROM_TABLE_COLUMNS('c.oid')}) a ON true
   WHERE ${IS_CAPTURE} AND NOT (made.layout ? ${PAIR})
     AND EXISTS (SELECT FROM jsonb_object_keys(CASE jsonb_typeof(made.layout) WHEN 'object' THEN made.layout END) pair
                  WHERE pair LIKE a.attnum || ' %' OR substr(pair, strpos(pair, ' ') + 1) = a.attname)
   GROUP BY 1, 2 ORDER BY 1, 2`;
}

/** Formats renamed columns for messages: `public.orders (code, label)`. */
export function describeRenamed({ schema, name, columns }: RenamedColumns): string {
  return `${formatTableName({ schema, name })} (${columns.join(', ')})`;
}

/** Writes the columns that an image shows in another form, each with an expression over the row `w`. */
export function maskedColumns(
  { redacted, digested, nestedKeys, lists }: CapturedTable,
  ledger: string,
): readonly (readonly [name: string, value: string])[] {
  const value = (name: string): string => `to_jsonb(w.${quote(name)})`;
  const salt = `${quote(ledger)}.audit_row_salt()`;
  return [
    ...redacted.map((name) => [name, `CASE WHEN w.${quote(name)} IS NOT NULL THEN '[REDACTED]' END`] as const),
    ...digested.map(
      (name) =>
        [name, `'sha256:' || encode(sha256(${salt} || convert_to(${value(name)} #>> '{}', 'UTF8')), 'hex')`] as const,
    ),
    ...nestedKeys.map((name) => [name, selectNestedText(value(name))] as const),
    // The drain converts all other numbers.
    ...lists.map((name) => [name, listAsText(value(name))] as const),
  ];
}

export function selectSecretColumns({ redacted }: CapturedTable): string {
  if (redacted.length === 0) return 'NULL::jsonb';
  return `(SELECT to_jsonb(v.*) FROM (SELECT ${redacted.map((name) => `w.${quote(name)}`).join(', ')}) v)`;
}

/** Writes the shown text of an image whose columns are known only at run time. @param added a list of columns that are shown as digests */
export function masksWithAdded(
  { redacted, digested, nestedKeys, lists }: CapturedTable,
  ledger: string,
  image: string,
  added: string,
): string {
  const whole = `${image}::jsonb`;
  const masks = `${quote(ledger)}.audit_row_masks(${whole}, ${quoteList(redacted)}, ${quoteList(digested)} || ${added}::text[], ${quoteList(lists)}, ${quote(ledger)}.audit_row_salt())`;
  const nested = nestedKeys.map(
    (name) => `${quoteSqlLiteral(name)}, ${selectNestedText(`${whole} -> ${quoteSqlLiteral(name)}`)}`,
  );
  return `(${[whole, masks, ...(nested.length > 0 ? [`jsonb_build_object(${nested.join(', ')})`] : [])].join(' || ')})::text`;
}

/** A number becomes a text if it may have trailing zeros, or too many digits for JavaScript. */
function selectNestedText(value: string): string {
  const isExact = `(${value})::text ~ ${quoteSqlLiteral('[0-9.]{16}|[.][0-9]*0(?![0-9])')}`;
  return `CASE WHEN jsonb_typeof(${value}) <> 'string' AND ${isExact} THEN to_jsonb((${value})::text) ELSE ${value} END`;
}

/** Converts a list of numbers, of any dimension, to a list of texts. A list that was shortened is already a text, which stays unchanged. */
export function listAsText(list: string): string {
  const texts = `regexp_replace((${list})::text, '-?[0-9][0-9.]*', ${quoteSqlLiteral('"\\&"')}, 'g')::jsonb`;
  return `CASE jsonb_typeof(${list}) WHEN 'array' THEN ${texts} ELSE ${list} END`;
}

/** The maximum length of a name in PostgreSQL, in bytes. */
const MAX_NAME_BYTES = 63;

export function quoteSqlLiteral(text: string): string {
  const quoted = `'${text.replaceAll("'", "''")}'`;
  return text.includes('\\') ? `E${quoted.replaceAll('\\', '\\\\')}` : quoted;
}

export function quoteList(names: readonly string[]): string {
  return names.length === 0 ? `'{}'::text[]` : `ARRAY[${names.map(quoteSqlLiteral).join(', ')}]::text[]`;
}

/** Returns a function's name, which consists of a prefix and the table's name. If the name is too long, a digest replaces the table's name. */
export function shortenName(prefix: string, name: string): string {
  const whole = `${prefix}${name}`;
  if (Buffer.byteLength(whole) <= MAX_NAME_BYTES) return whole;
  return `${prefix}${createHash('sha256').update(name).digest('hex').slice(0, 40)}`;
}
