import { EVENT_COLUMNS, type EventColumn } from './event-columns.js';
import type { SealedRow } from './seal-row.js';

const names = EVENT_COLUMNS.map(({ name }) => name);
const values = EVENT_COLUMNS.map(({ name, isJson, orElse }) => {
  if (orElse !== undefined) return `coalesce(${name}, ${orElse})`;
  return isJson ? `${name}::json` : name;
});

/**
 * Unnests the arrays of the parameters in the select list: in FROM, the server would first store each array as a table. If an array is shorter
 * than the others, its missing values become NULL.
 */
const arrays = EVENT_COLUMNS.map(({ name, isJson, arrayType }, index) => {
  const text = `$${index + 1}`;
  return `unnest(${isJson ? String.raw`string_to_array(${text}, E'\n', '')` : `${text}::${arrayType}[]`}) AS ${name}`;
});
const INSERT = `INSERT INTO audit_event (${names.join(', ')}) SELECT ${values.join(', ')} FROM (SELECT ${arrays.join(', ')}) AS batch`;

/**
 * Returns the query with which the sealer stores events. Each connection prepares the query once. Each parameter contains the values of one
 * column as a text. The query fails if an event with the same id exists.
 */
export function insertSealed(batch: readonly SealedRow[]): InsertQuery {
  return insertTexts(formatArrays(batch));
}

/** Returns the same query for the parameters that {@link formatArrays} made. */
export function insertTexts(values: readonly string[]): InsertQuery {
  return { name: 'audit_event_seal', text: INSERT, values: [...values] };
}

interface InsertQuery {
  name: string;
  text: string;
  values: string[];
}

/** Returns the parameters of the query. */
export function formatArrays(batch: readonly SealedRow[]): readonly string[] {
  return EVENT_COLUMNS.map((column) => (column.isJson ? formatQuotedLines(column, batch) : formatArray(column, batch)));
}

/** Returns the values of a column as lines, because JSON without line breaks needs no quotes in a line. An empty line is an absent value. */
function formatQuotedLines({ getValue }: EventColumn, batch: readonly SealedRow[]): string {
  if (isDefault(getValue, batch, null)) return '';
  return batch.map(getValue).join('\n'); // null becomes an empty line
}

/** This function writes an array faster than the database client does. An empty array means that all rows have the default. */
function formatArray({ arrayType, orElse, getValue }: EventColumn, batch: readonly SealedRow[]): string {
  if (isDefault(getValue, batch, orElse ?? null)) return '{}';
  const quote = arrayType === 'bytea' ? quoteBytes : quoteText;
  let array = '';
  for (const row of batch) {
    const value = getValue(row);
    array += (array === '' ? '{' : ',') + (typeof value === 'string' ? quote(value) : String(value ?? 'NULL'));
  }
  return `${array}}`;
}

function isDefault(getValue: EventColumn['getValue'], batch: readonly SealedRow[], value: boolean | null): boolean {
  for (const row of batch) if (getValue(row) !== value) return false;
  return true;
}

/** Quotes an element in the text of an array. */
function quoteText(value: string): string {
  return QUOTED.test(value) ? `"${value.replace(EACH_QUOTED, '\\$&')}"` : `"${value}"`;
}

/** Quotes bytes in the text of an array: only their first character is a backslash. */
function quoteBytes(value: string): string {
  return `"\\${value}"`;
}

const QUOTED = /["\\]/;
const EACH_QUOTED = /["\\]/g;
