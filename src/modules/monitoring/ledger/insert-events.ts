import { EVENT_COLUMNS } from './event-columns.js';
import type { SealedRow } from './seal-row.js';

const names = EVENT_COLUMNS.map(({ name }) => name);
const arrays = EVENT_COLUMNS.map(({ arrayType }, index) => `$${index + 1}::${arrayType}[]`);
const values = EVENT_COLUMNS.map(({ name, isJson }) => (isJson ? `${name}::jsonb` : name));

/** One statement for a batch of any size, prepared once a connection; events that are there already are left alone. */
const INSERT_EVENTS =
  `INSERT INTO audit_event (${names.join(', ')}) ` +
  `SELECT ${values.join(', ')} FROM unnest(${arrays.join(', ')}) AS batch (${names.join(', ')}) ` +
  'ON CONFLICT (id) DO NOTHING';

/** The prepared statement, with its array parameters, that appends a batch to the ledger. */
export function insertEvents(batch: readonly SealedRow[]): { name: string; text: string; values: unknown[][] } {
  return {
    name: 'audit_event_insert',
    text: INSERT_EVENTS,
    values: EVENT_COLUMNS.map(({ valueOf }) => batch.map(valueOf)),
  };
}
