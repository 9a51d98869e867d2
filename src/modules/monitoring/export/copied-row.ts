import type { LedgerAccess } from '../access/ledger-access.js';
import { EVENT_FIELDS } from '../sealing/event-layout.js';
import { EVENT_COLUMNS } from '../store/event-columns.js';
import { readAs } from '../store/ledger-row.js';
import { eventFor, type LedgerEvent } from '../query/ledger-event.js';
import { parseJson } from '../../../audit/plain.js';

/** A row of PostgreSQL's COPY: the text of each of {@link COPIED_COLUMNS}, `null` for a column without a value. */
export type CopiedRow = readonly (string | null)[];

/** The columns that no reader may see. */
const HIDDEN: ReadonlySet<string> = new Set(['personal_salt', 'personal_commitment', 'leaf_hash']);

const SHOWN = EVENT_COLUMNS.filter(({ name }) => !HIDDEN.has(name));

/** Columns whose text depends on the session's settings, or may end in a network mask. A number's text goes into the line as it is. */
const READ_AS = new Map(
  EVENT_FIELDS.filter(({ kind }) => kind !== 'double').map((field) => [field.column, readAs(field)]),
);

/** The copied columns, in their order: the place in the ledger, then the columns of the event. */
export const COPIED_COLUMNS: readonly string[] = ['index', ...SHOWN.map(({ name }) => name)];

/** The expressions for these columns, in a statement that selects from `audit_event` and a relation with `index`. */
export const COPIED_EXPRESSIONS = ['index', ...SHOWN.map(({ name }) => READ_AS.get(name) ?? name)].join(', ');

/** The columns behind them if proofs are made: the salt and the commitment, as base64. */
const PROOF_COLUMNS = ['personal_salt', 'personal_commitment'] as const;

/** The expressions for these columns in a statement. */
export const PROOF_EXPRESSIONS = PROOF_COLUMNS.map((name) => `encode(${name}, 'base64')`).join(', ');

const PARSERS: readonly ((text: string) => unknown)[] = [Number, ...SHOWN.map(parserOf)];

/** The position of the copied column with this name. */
export function nthOf(name: string): number {
  return [...COPIED_COLUMNS, ...PROOF_COLUMNS].indexOf(name);
}

export const INDEX = nthOf('index');
export const ID = nthOf('id');

/** The event of a row, as the API shows it to a reader with this access. */
export function eventOfCopy(row: CopiedRow, access: LedgerAccess): LedgerEvent {
  const values: Record<string, unknown> = {};
  for (const [nth, name] of COPIED_COLUMNS.entries()) {
    const text = row[nth] ?? null;
    values[name] = text === null ? null : PARSERS[nth]?.(text);
  }
  return eventFor(access, values);
}

function parserOf({ arrayType, isJson }: (typeof EVENT_COLUMNS)[number]): (text: string) => unknown {
  if (isJson) return (text) => parseJson(text);
  if (arrayType === 'smallint' || arrayType === 'float8') return Number;
  return arrayType === 'boolean' ? (text) => text === 't' : (text) => text;
}
