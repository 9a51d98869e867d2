import { EVENT_COLUMNS, type EventColumn } from './event-columns.js';
import type { SealedRow } from './seal-row.js';

const names = EVENT_COLUMNS.map(({ name }) => name);
const arrays = EVENT_COLUMNS.map(({ isJson, arrayType }, index) =>
  isJson ? String.raw`string_to_array($${index + 1}, E'\n', '')` : `$${index + 1}::${arrayType}[]`,
);
const values = EVENT_COLUMNS.map(({ name, isJson }) => (isJson ? `${name}::jsonb` : name));

/**
 * One statement for a batch of any size, prepared once a connection; events that are there already are left alone. No column is
 * named for that, since naming it takes the right to read.
 */
const INSERT_EVENTS =
  `INSERT INTO audit_event (${names.join(', ')}) ` +
  `SELECT ${values.join(', ')} FROM unnest(${arrays.join(', ')}) AS batch (${names.join(', ')}) ` +
  'ON CONFLICT DO NOTHING';

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
  return batch.map(valueOf).join('\n');
}

/** As the client writes arrays, but faster. */
function arrayOf({ valueOf }: EventColumn, batch: readonly SealedRow[]): string {
  return `{${batch.map((row) => elementOf(valueOf(row))).join(',')}}`;
}

function elementOf(value: string | number | boolean | null): string | number | boolean {
  if (typeof value !== 'string') return value ?? 'NULL';
  return QUOTED.test(value) ? `"${value.replace(EACH_QUOTED, '\\$&')}"` : `"${value}"`;
}

const QUOTED = /["\\]/;
const EACH_QUOTED = /["\\]/g;
