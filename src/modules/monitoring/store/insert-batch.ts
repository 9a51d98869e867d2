import { EVENT_COLUMNS, type EventColumn } from './event-columns.js';
import type { SealedRow } from './seal-row.js';

const names = EVENT_COLUMNS.map(({ name }) => name);
const values = EVENT_COLUMNS.map(({ name, isJson, orElse }) => {
  if (orElse !== undefined) return `coalesce(${name}, ${orElse})`;
  return isJson ? `${name}::json` : name;
});

/**
 * The rows of a batch as a query. It unnests the arrays side by side in the select list, because in FROM the server would first store each
 * of them as a table. A shorter array is filled up with nulls.
 *
 * @param textOf an expression for the text of a column, which is counted from 1. @defaultValue the parameters of {@link insertBatch}
 */
export function insertedRows(textOf = (nth: number) => `$${nth}`): string {
  const arrays = EVENT_COLUMNS.map(({ name, isJson, arrayType }, index) => {
    const text = textOf(index + 1);
    return `unnest(${isJson ? String.raw`string_to_array(${text}, E'\n', '')` : `${text}::${arrayType}[]`}) AS ${name}`;
  });
  return `SELECT ${values.join(', ')} FROM (SELECT ${arrays.join(', ')}) AS batch`;
}

/**
 * The statement that appends a batch of any size, and leaves existing events unchanged. Its ON CONFLICT names no column, since that would
 * need the right to read.
 *
 * @param textOf see {@link insertedRows}
 */
export function insertStatement(textOf?: (nth: number) => string): string {
  return `INSERT INTO audit_event (${names.join(', ')}) ${insertedRows(textOf)} ON CONFLICT DO NOTHING`;
}

const INSERT_EVENTS = insertStatement();

/** The query that appends a batch to the ledger, prepared once for each connection, with a text for each column. */
export function insertBatch(batch: readonly SealedRow[]): { name: string; text: string; values: string[] } {
  return {
    name: 'audit_event_insert',
    text: INSERT_EVENTS,
    values: textsOf(batch),
  };
}

/** The text of each column. */
export function textsOf(batch: readonly SealedRow[]): string[] {
  return EVENT_COLUMNS.map((column) => (column.isJson ? linesOf(column, batch) : arrayOf(column, batch)));
}

/** Writes JSON values as lines. JSON without line breaks needs no quoting there, and an empty line means an absent value. */
function linesOf({ valueOf }: EventColumn, batch: readonly SealedRow[]): string {
  if (isUnsaid(valueOf, batch, null)) return '';
  return batch.map(valueOf).join('\n'); // null becomes an empty line
}

/** Writes an array like the client, but faster; empty if no row has a value. */
function arrayOf({ arrayType, orElse, valueOf }: EventColumn, batch: readonly SealedRow[]): string {
  if (isUnsaid(valueOf, batch, orElse ?? null)) return '{}';
  const quote = arrayType === 'bytea' ? quoteBytes : quoteText;
  let array = '';
  for (const row of batch) {
    const value = valueOf(row);
    array += (array === '' ? '{' : ',') + (typeof value === 'string' ? quote(value) : String(value ?? 'NULL'));
  }
  return `${array}}`;
}

/** Whether all rows have the default value in a column. */
function isUnsaid(valueOf: EventColumn['valueOf'], batch: readonly SealedRow[], unsaid: boolean | null): boolean {
  for (const row of batch) if (valueOf(row) !== unsaid) return false;
  return true;
}

/** Quotes an element of an array's text. */
export function quoteText(value: string): string {
  return QUOTED.test(value) ? `"${value.replace(EACH_QUOTED, '\\$&')}"` : `"${value}"`;
}

/** Quotes bytes, whose only backslash is the first character. */
function quoteBytes(value: string): string {
  return `"\\${value}"`;
}

const QUOTED = /["\\]/;
const EACH_QUOTED = /["\\]/g;
