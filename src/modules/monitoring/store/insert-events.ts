import { EVENT_COLUMNS, type EventColumn } from './event-columns.js';
import type { SealedRow } from './seal-row.js';

const names = EVENT_COLUMNS.map(({ name }) => name);
const arrays = EVENT_COLUMNS.map(({ name, isJson, arrayType }, index) => {
  const array = isJson ? String.raw`string_to_array($${index + 1}, E'\n', '')` : `$${index + 1}::${arrayType}[]`;
  return `unnest(${array}) AS ${name}`;
});
const values = EVENT_COLUMNS.map(({ name, isJson, orElse }) => {
  if (orElse !== undefined) return `coalesce(${name}, ${orElse})`;
  return isJson ? `${name}::json` : name;
});

/** The rows of a batch as a query, with the parameters of {@link insertEvents}. */
export const INSERTED_ROWS = `SELECT ${values.join(', ')} FROM (SELECT ${arrays.join(', ')}) AS batch`;

/**
 * One statement for a batch of any size, prepared once a connection; events that are there already are left alone. No column is
 * named for that, since naming it takes the right to read. The arrays are unnested in the select list, in step with each other:
 * in FROM, the server would first keep each of them as a table. A shorter one continues with nulls.
 */
const INSERT_EVENTS = `INSERT INTO audit_event (${names.join(', ')}) ${INSERTED_ROWS} ON CONFLICT DO NOTHING`;

/** The prepared statement, with a text for each column, that appends a batch to the ledger. */
export function insertEvents(batch: readonly SealedRow[]): { name: string; text: string; values: string[] } {
  return {
    name: 'audit_event_insert',
    text: INSERT_EVENTS,
    values: EVENT_COLUMNS.map((column) => (column.isJson ? linesOf(column, batch) : arrayOf(column, batch))),
  };
}

/** JSON holds no line breaks, and is never empty: in lines it needs no quoting, and what is absent is an empty one. */
function linesOf({ valueOf }: EventColumn, batch: readonly SealedRow[]): string {
  if (isUnsaid(valueOf, batch, null)) return '';
  return batch.map(valueOf).join('\n'); // null becomes an empty line
}

/** As the client writes arrays, but faster; an empty one when no row has anything to say. */
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

/** Whether all rows have in a column what is meant where nothing is said. */
function isUnsaid(valueOf: EventColumn['valueOf'], batch: readonly SealedRow[], unsaid: boolean | null): boolean {
  for (const row of batch) if (valueOf(row) !== unsaid) return false;
  return true;
}

function quoteText(value: string): string {
  return QUOTED.test(value) ? `"${value.replace(EACH_QUOTED, '\\$&')}"` : `"${value}"`;
}

/** Begins with the one backslash that it has. */
function quoteBytes(value: string): string {
  return `"\\${value}"`;
}

const QUOTED = /["\\]/;
const EACH_QUOTED = /["\\]/g;
