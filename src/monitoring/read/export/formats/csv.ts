import { EVENT_FIELDS, type LaidOutField } from '../../../proof/sealing/event-layout.js';
import { acceptedAt } from '../../../store/id-time.js';
import type { LedgerEvent } from '../../query/ledger-event.js';

type Cell = string | number | boolean | object | undefined;

type Column = readonly [string, (event: LedgerEvent) => Cell];

/** The order of the columns is stable: new columns are appended. */
const COLUMNS: readonly Column[] = [
  ['index', ({ index }) => index],
  ['acceptedAt', acceptedAt],
  ['compliance', ({ compliance }) => compliance?.join(' ')],
  ...EVENT_FIELDS.flatMap(columnsOf),
];

function columnsOf({ group, name, ownName, csvMembers }: LaidOutField): readonly Column[] {
  const valueOf = (event: LedgerEvent): Cell => memberOf(group === undefined ? event : memberOf(event, group), name);
  if (!csvMembers) return [[ownName, valueOf]];
  return csvMembers.map((member): Column => {
    const cell = `${ownName}${member.slice(0, 1).toUpperCase()}${member.slice(1)}`;
    return [cell, (event) => memberOf(valueOf(event), member)];
  });
}

function memberOf(value: Cell, name: string): Cell {
  return (value as Readonly<Record<string, Cell>> | undefined)?.[name]; // an event, or an object in an event
}

/** The header line of the CSV format, with its CRLF. */
export const CSV_HEADER = `${COLUMNS.map(([name]) => name).join(',')}\r\n`;

/**
 * Writes an event as an RFC 4180 record with its CRLF. Texts are always quoted. A text that a spreadsheet would execute as a formula, or
 * that begins with an apostrophe, is prefixed with an apostrophe. Removing the prefix restores the text.
 */
export function csvLineOf(event: LedgerEvent): string {
  return `${COLUMNS.map(([, cellOf]) => cellText(cellOf(event))).join(',')}\r\n`;
}

/** Matches a text that begins with an apostrophe, or with a character of OWASP's page "CSV Injection". */
const FORMULA = /^[=+\-@\t\r\n'＝＋－＠]/;

function cellText(cell: Cell): string {
  if (cell === undefined) return '';
  if (typeof cell === 'number' || typeof cell === 'boolean') return String(cell);
  const text = typeof cell === 'string' ? cell : JSON.stringify(cell);
  return `"${FORMULA.test(text) ? "'" : ''}${text.replaceAll('"', '""')}"`;
}
