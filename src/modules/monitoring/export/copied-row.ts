import type { LedgerAccess } from '../access/ledger-access.js';
import { EVENT_FIELDS } from '../sealing/event-layout.js';
import { EVENT_COLUMNS } from '../store/event-columns.js';
import { readAs } from '../store/ledger-row.js';
import { eventFor, type LedgerEvent } from '../query/ledger-event.js';
import { parseJson } from '../../../audit/plain.js';

/** A row as PostgreSQL copies it out: the text of each of {@link COPIED_COLUMNS}, `null` for a column without a value. */
export type CopiedRow = readonly (string | null)[];

/** What no reader is shown. */
const HIDDEN: ReadonlySet<string> = new Set(['personal_salt', 'personal_commitment', 'leaf_hash']);

const SHOWN = EVENT_COLUMNS.filter(({ name }) => !HIDDEN.has(name));

/** Where the text of a column follows the session's settings, or may end in a mask. A number's text is what the line has. */
const READ_AS = new Map(
  EVENT_FIELDS.filter(({ kind }) => kind !== 'double').map((field) => [field.column, readAs(field)]),
);

/** The columns that are copied, in their order: the place in the ledger, then those of the event. */
export const COPIED_COLUMNS: readonly string[] = ['index', ...SHOWN.map(({ name }) => name)];

/** The same for a statement that selects them from `audit_event` and a relation with `index`. */
export const COPIED_EXPRESSIONS = ['index', ...SHOWN.map(({ name }) => READ_AS.get(name) ?? name)].join(', ');

/** What stands behind them where proofs are made: the salt and the commitment, as base64. */
const PROOF_COLUMNS = ['personal_salt', 'personal_commitment'] as const;

/** The same for a statement. */
export const PROOF_EXPRESSIONS = PROOF_COLUMNS.map((name) => `encode(${name}, 'base64')`).join(', ');

const PARSERS: readonly ((text: string) => unknown)[] = [Number, ...SHOWN.map(parserOf)];

/** Which of the copied columns has this name. */
export function nthOf(name: string): number {
  return [...COPIED_COLUMNS, ...PROOF_COLUMNS].indexOf(name);
}

export const INDEX = nthOf('index');
export const ID = nthOf('id');

/** The event of a row, as the API shows it to who has this access. */
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
