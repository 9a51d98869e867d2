import { quote } from '../../../../migrations/audit-ownership.js';
import type { JsonObject } from '../../../audit/plain.js';
import {
  changedColumns,
  imageAfter,
  imageBefore,
  isDeletion,
  isInsertion,
  isRowChange,
  objectOf,
  maskOf,
  type RowChange,
} from '../../monitoring/query/records/row-change.js';
import { RevertRefusedError } from './revert.error.js';

/** A statement with its parameters. */
export interface RevertStatement {
  readonly text: string;
  readonly values: readonly string[];
}

/** A plan to undo a captured change. */
export interface RevertPlan {
  readonly eventId: string;
  readonly schema: string;
  readonly table: string;
  /** The columns and values of the row's key. */
  readonly key: JsonObject;
  /** The values that the row must have now; absent if the row must not exist. */
  readonly expected?: JsonObject;
  readonly columns: readonly string[];
  readonly isDeletion: boolean;
  readonly statement: RevertStatement;
}

/** Options for looking up the row. */
export interface LookUp {
  readonly locks: boolean;
  /** The virtual generated columns, which triggers see as NULL. */
  readonly virtual: readonly string[];
}

/**
 * Plans the statement that undoes a change. Values are passed as JSON to `jsonb_populate_record`, which converts the values to the types of
 * the columns.
 *
 * @param generated the generated columns of the table
 * @throws RevertRefusedError (`AUDIT_REVERT_REFUSED`) if the event lacks necessary values
 */
export function planRevert(change: RowChange, generated: readonly string[] = []): RevertPlan {
  const { event, withheld } = change;
  const { schema, table, key: given } = event.details;
  const key = objectOf(given);
  const refuse = (seen: string): never => {
    throw RevertRefusedError.because(event.id, seen, 'Write the statement by hand.');
  };
  const [before, after] = [imageBefore(change), imageAfter(change)];
  if (!isRowChange(change) || typeof schema !== 'string' || typeof table !== 'string') {
    return refuse('it is not the captured change of one row');
  }
  if (withheld !== undefined) return refuse(`its images are incomplete (${withheld})`);
  if (!key || Object.keys(key).length === 0) return refuse('the table has no key that identifies a row');
  const row = `${quote(schema)}.${quote(table)}`;
  const record = (nth: 1 | 2): string => `jsonb_populate_record(NULL::${row}, $${nth}::jsonb)`;
  const plan = { eventId: event.id, schema, table, key, isDeletion: false };
  if (isInsertion(change) && after) {
    const text = `DELETE FROM ${row} AS t USING ${record(1)} AS k WHERE ${isKey(key)}`;
    const statement = { text, values: [JSON.stringify(key)] };
    return { ...plan, expected: after, columns: [], isDeletion: true, statement };
  }
  if (!before) return refuse('its image before the change is missing');
  const isInsert = isDeletion(change);
  const columns = (isInsert ? Object.keys(before) : changedColumns(change))
    .filter((name) => !generated.includes(name))
    .toSorted();
  const masked = columns.filter((name) => !Object.hasOwn(before, name) || maskOf(before[name]) !== undefined);
  if (masked.length > 0) return refuse(`it does not have the old value of ${masked.join(', ')}`);
  if (columns.length === 0) return refuse('it names no column that changed');
  const names = columns.map(quote);
  const former = JSON.stringify(Object.fromEntries(columns.map((name) => [name, before[name] ?? null])));
  if (isInsert) {
    const text =
      `INSERT INTO ${row} (${names.join(', ')}) OVERRIDING SYSTEM VALUE` +
      ` SELECT ${names.map((name) => `v.${name}`).join(', ')} FROM ${record(1)} AS v`;
    return { ...plan, columns, statement: { text, values: [former] } };
  }
  if (!after) return refuse('its image after the change is missing');
  const set = names.map((name) => `${name} = v.${name}`).join(', ');
  const text = `UPDATE ${row} AS t SET ${set} FROM ${record(1)} AS v, ${record(2)} AS k WHERE ${isKey(key)}`;
  return { ...plan, expected: after, columns, statement: { text, values: [former, JSON.stringify(key)] } };
}

/**
 * Writes the statement that looks up the current row. The statement selects the columns that differ from `expected`, and the row's digest,
 * computed as the triggers compute it. Before this statement, set `audit.row_salt` to the salt.
 */
export function lookUp({ schema, table, key, expected = {} }: RevertPlan, { locks, virtual }: LookUp): RevertStatement {
  const row = `${quote(schema)}.${quote(table)}`;
  const names = Object.keys(expected);
  const compared = names.filter((name) => maskOf(expected[name]) === undefined && !virtual.includes(name));
  // An image contains arrays of numbers as arrays of strings. PostgreSQL converts the strings to the type of the column.
  const lists = Object.fromEntries(
    compared.flatMap((name) => (Array.isArray(expected[name]) ? [[name, expected[name]]] : [])),
  );
  return {
    text:
      `SELECT ARRAY(SELECT c.name FROM json_array_elements_text($2::json) AS c (name)` +
      ` WHERE to_jsonb(t.*) ->> c.name IS DISTINCT FROM $3::jsonb ->> c.name` +
      ` AND NOT ($4::jsonb ? c.name AND to_jsonb(t.*) ->> c.name IS NOT DISTINCT FROM to_jsonb(l.*) ->> c.name)) AS differing,` +
      ` (SELECT encode(sha256(decode(current_setting('audit.row_salt'), 'hex') || convert_to(jsonb_object_agg(s.name, CASE WHEN NOT $6::jsonb ? s.name` +
      ` THEN to_jsonb(t.*) -> s.name END)::text, 'UTF8')), 'hex') FROM json_array_elements_text($5::json) AS s (name)) AS digest` +
      ` FROM ${row} AS t, jsonb_populate_record(NULL::${row}, $1::jsonb) AS k, jsonb_populate_record(NULL::${row}, $4::jsonb) AS l WHERE ${isKey(key)}${locks ? ' FOR UPDATE OF t' : ''}`,
    values: [key, compared, expected, lists, names, virtual].map((value) => JSON.stringify(value)),
  };
}

/** Writes a condition that the row `t` has the key of the record `k`. */
export function isKey(key: JsonObject): string {
  return Object.keys(key)
    .map((name) => `t.${quote(name)} = k.${quote(name)}`)
    .join(' AND ');
}
