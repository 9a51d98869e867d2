import { quote } from '../../../../migrations/audit-ownership.js';
import { canonicalJson, parseJson, type JsonObject, type JsonValue } from '../../../audit/nest-free.js';
import { formatDecimal, quoteInexactNumbers } from '../../../monitoring/store/row-images.js';
import type { ColumnShape } from '../captured-table.js';
import { selectImageColumns } from '../row-image.js';
import { quoteSqlLiteral } from '../column-layout.js';
import {
  listChangedColumns,
  getAfterImage,
  getBeforeImage,
  isDeletion,
  isInsertion,
  isRowChange,
  toObject,
  getMask,
  type RowChange,
} from '../../../monitoring/read/query/records/row-change.js';
import { rowChangesErrors } from '../row-changes.errors.js';

export interface RevertStatement {
  readonly text: string;
  readonly values: readonly string[];
}

export interface RevertPlan {
  readonly eventId: string;
  readonly schema: string;
  readonly table: string;
  readonly key: JsonObject;
  /** The values that the row must have now; absent if the row must not exist. */
  readonly expected?: JsonObject;
  readonly columns: readonly string[];
  readonly isDeletion: boolean;
  readonly statement: RevertStatement;
  /** The statement to try next: the numbers that JavaScript cannot represent are texts, as in the event. */
  readonly textual?: RevertStatement;
  /** The row that the statement must restore; absent if the statement deletes the row. */
  readonly former?: FormerRow;
}

/** A row before its change. */
export interface FormerRow {
  readonly key: JsonObject;
  readonly image: JsonObject;
  /** The row's salted digest; `undefined` if the image has all that the digest covers. */
  readonly digest: string | undefined;
}

export interface TableColumn extends ColumnShape {
  readonly isGenerated: boolean;
  /** Whether different values of the column can have equal images and digests. */
  readonly isInexact: boolean;
}

/**
 * Plans the statement that undoes a change. Values are passed as JSON to `jsonb_populate_record`, which converts the values to the types of
 * the columns.
 *
 * @param table the columns of the table
 * @throws `AUDIT_REVERT_REFUSED` if the event lacks necessary values
 */
export function planRevert(change: RowChange, table: readonly TableColumn[] = []): RevertPlan {
  const { event, withheld } = change;
  const { schema, table: name, key: input, digest, formerDigest } = event.details;
  const key = toObject(input);
  const refuse = (seen: string): never => {
    throw rowChangesErrors.AUDIT_REVERT_REFUSED(event.id, seen, 'Write the statement by hand.');
  };
  const [before, after] = [getBeforeImage(change), getAfterImage(change)];
  if (!isRowChange(change) || typeof schema !== 'string' || typeof name !== 'string') {
    return refuse('it is not the captured change of one row');
  }
  if (withheld !== undefined) return refuse(`its images are incomplete (${withheld})`);
  if (!key || Object.keys(key).length === 0) return refuse('the table has no key that identifies a row');
  const row = `${quote(schema)}.${quote(name)}`;
  const record = (nth: 1 | 2): string => `jsonb_populate_record(NULL::${row}, $${nth}::jsonb)`;
  const plan = { eventId: event.id, schema, table: name, key, isDeletion: false };
  if (isInsertion(change) && after) {
    const text = `DELETE FROM ${row} AS t USING ${record(1)} AS k WHERE ${isKey(key)}`;
    const statement = { text, values: [JSON.stringify(key)] };
    return { ...plan, expected: after, columns: [], isDeletion: true, statement };
  }
  if (!before) return refuse('its image before the change is missing');
  const isInsert = isDeletion(change);
  const columns = (isInsert ? Object.keys(before) : listChangedColumns(change))
    .filter((column) => !table.some((each) => each.name === column && each.isGenerated))
    .toSorted();
  const missing = columns.filter((column) => !Object.hasOwn(before, column) || isMasked(before[column]));
  const inexact = columns.filter(
    (column) => before[column] !== null && table.some((each) => each.name === column && each.isInexact),
  );
  const unknown = [...new Set([...missing, ...inexact])];
  if (unknown.length > 0) return refuse(`it does not have the exact old value of ${unknown.join(', ')}`);
  if (columns.length === 0) return refuse('it names no column that changed');
  const names = columns.map(quote);
  const isJson = (column: string): boolean => table.some(({ name: of, kind }) => of === column && kind === 'json');
  const members = columns.map((column) => {
    const [label, value] = [JSON.stringify(column), JSON.stringify(before[column] ?? null)];
    const isNumeric = isJson(column) || typeof before[column] === 'object';
    return [`${label}:${isNumeric ? quoteInexactNumbers(value) : value}`, `${label}:${value}`] as const;
  });
  const [values = '', texts = ''] = [0, 1].map((nth) => `{${members.map((member) => member[nth]).join(',')}}`);
  // `jsonb_populate_record` makes an SQL NULL of a JSON null.
  const restored = columns.map((column) => {
    const value = before[column];
    return isJson(column) && typeof value === 'string' && JSON_NULL.test(value)
      ? quoteSqlLiteral(value)
      : `v.${quote(column)}`;
  });
  if (isInsert) {
    const text =
      `INSERT INTO ${row} (${names.join(', ')}) OVERRIDING SYSTEM VALUE` +
      ` SELECT ${restored.join(', ')} FROM ${record(1)} AS v`;
    const former = { key, image: before, digest: typeof digest === 'string' ? digest : undefined };
    return { ...plan, columns, statement: { text, values: [values] }, textual: { text, values: [texts] }, former };
  }
  if (!after) return refuse('its image after the change is missing');
  const set = names.map((column, nth) => `${column} = ${restored[nth] ?? ''}`).join(', ');
  const text = `UPDATE ${row} AS t SET ${set} FROM ${record(1)} AS v, ${record(2)} AS k WHERE ${isKey(key)}`;
  const formerKey = Object.fromEntries(Object.keys(key).map((column) => [column, before[column] ?? null]));
  const former = {
    key: formerKey,
    image: before,
    digest: typeof formerDigest === 'string' ? formerDigest : undefined,
  };
  return {
    ...plan,
    expected: after,
    columns,
    statement: { text, values: [values, JSON.stringify(key)] },
    textual: { text, values: [texts, JSON.stringify(key)] },
    former,
  };
}

/** In an image of a JSON column, a string of this form is the text of a JSON null, or of a JSON string that resembles it. */
const JSON_NULL = /^["\\]*null["\\]*$/;

/** Whether a value was masked or cut, also in a part of it. */
function isMasked(value: JsonValue = null): boolean {
  return getMask(value) !== undefined || JSON.stringify(value).includes('[cut]');
}

/**
 * Writes the statement that looks up a row with its image, and the image's digest, as the triggers compute them. Before this statement, set
 * `audit.row_salt` to the salt.
 *
 * @param image the columns of this image are read
 */
export function buildLookup(
  { schema, table, key, image }: Pick<RevertPlan, 'schema' | 'table' | 'key'> & { readonly image: JsonObject },
  {
    columns,
    ledger,
    locks,
  }: { readonly columns: readonly TableColumn[]; readonly ledger: string; readonly locks: boolean },
): RevertStatement {
  const row = `${quote(schema)}.${quote(table)}`;
  const shape = columns.filter(({ name }) => Object.hasOwn(image, name));
  const salt = `decode(current_setting('audit.row_salt'), 'hex')`;
  const images = `(SELECT row_to_json(x.*)::text AS image FROM (SELECT ${selectImageColumns({ shape, ignored: [] }, ledger, salt)} FROM (SELECT t.*) r) x)`;
  return {
    text:
      `SELECT (SELECT ARRAY[i.image, encode(sha256(${salt} || convert_to(i.image, 'UTF8')), 'hex')] FROM ${images} i) AS now` +
      ` FROM ${row} AS t, jsonb_populate_record(NULL::${row}, $1::jsonb) AS k WHERE ${isKey(key)}${locks ? ' FOR UPDATE OF t' : ''}`,
    values: [JSON.stringify(key)],
  };
}

/** Returns the columns in which a row differs from an image, except those whose values the image masks. */
export function listDifferingColumns(row: JsonObject, image: JsonObject): readonly string[] {
  const toText = (value: JsonValue = null): string =>
    canonicalJson(
      parseJson(
        JSON.stringify(value, (_name, part: unknown) => (typeof part === 'number' ? formatDecimal(part) : part)),
      ),
    );
  return Object.keys(image).filter((name) => !isMasked(image[name]) && toText(row[name]) !== toText(image[name]));
}

/** Writes a condition that the row `t` has the key of the record `k`. */
export function isKey(key: JsonObject): string {
  return Object.keys(key)
    .map((name) => `t.${quote(name)} = k.${quote(name)}`)
    .join(' AND ');
}
