import { EVENT_FIELDS, type LaidOutField, type StoredKind } from '../../sealing/event-layout.js';
import type { LedgerEvent } from '../../query/ledger-event.js';
import type { ComplianceTags } from '../../query/compliance-tags.js';
import type { CopiedRows } from '../copied-rows.js';
import { nthOf } from '../copied-row.js';
import { BACKSLASH, byteOfEscape } from '../copy-bytes.js';
import type { JoinedColumns } from '../joined-columns.js';
import type { LineBuffer } from '../line-buffer.js';

type Cell = string | number | boolean | object | undefined;

/** How a row has a cell: as a column, or as a member of one whose JSON is an object. */
type RowCell = 'text' | 'number' | 'flag' | 'json' | 'member' | 'tags';

/** A column: its name, what an event has there, and how and where a row has it. */
type Column = readonly [string, (event: LedgerEvent) => Cell, RowCell, string, string?];

/** The fields up to this one stood before the compliance tags. */
const LAST_BEFORE_TAGS = EVENT_FIELDS.findIndex(({ column }) => column === 'truncated');

const CELLS: Readonly<Record<StoredKind, RowCell>> = {
  uuid: 'text',
  time: 'text',
  text: 'text',
  smallint: 'number',
  double: 'number',
  flag: 'flag',
  inet: 'text',
  json: 'json',
};

/** The columns of the CSV format, in their order, which never changes: new ones come behind. In an event, and in a row. */
const COLUMNS: readonly Column[] = [
  ['index', ({ index }) => index, 'number', 'index'],
  ...EVENT_FIELDS.slice(0, LAST_BEFORE_TAGS + 1).flatMap(columnsOf),
  ['compliance', ({ compliance }) => compliance?.join(' '), 'tags', 'action'],
  ...EVENT_FIELDS.slice(LAST_BEFORE_TAGS + 1).flatMap(columnsOf),
];

function columnsOf({ group, name, ownName, kind, column, csvMembers }: LaidOutField): readonly Column[] {
  const valueOf = (event: LedgerEvent): Cell => memberOf(group === undefined ? event : memberOf(event, group), name);
  if (!csvMembers) return [[ownName, valueOf, CELLS[kind], column]];
  return csvMembers.map((member): Column => {
    const cell = `${ownName}${member.slice(0, 1).toUpperCase()}${member.slice(1)}`;
    return [cell, (event) => memberOf(valueOf(event), member), 'member', column, member];
  });
}

function memberOf(value: Cell, name: string): Cell {
  return (value as Readonly<Record<string, Cell>> | undefined)?.[name]; // an event, or an object in it
}

/** The first line. */
export const CSV_HEADER = `${COLUMNS.map(([name]) => name).join(',')}\r\n`;

/**
 * An event as a record of RFC 4180, with its CRLF. A text is always in quotation marks; one that a spreadsheet would take for a
 * formula has an apostrophe in front, and so has one that begins with an apostrophe: who takes one away has the text again.
 */
export function csvLineOf(event: LedgerEvent): string {
  return `${COLUMNS.map(([, cellOf]) => cellText(cellOf(event))).join(',')}\r\n`;
}

/** The characters of OWASP's "CSV Injection", and the apostrophe itself. */
const FORMULA = /^[=+\-@\t\r\n'＝＋－＠]/;

function cellText(cell: Cell): string {
  if (cell === undefined) return '';
  if (typeof cell === 'number' || typeof cell === 'boolean') return String(cell);
  const text = typeof cell === 'string' ? cell : JSON.stringify(cell);
  return `"${FORMULA.test(text) ? "'" : ''}${text.replaceAll('"', '""')}"`;
}

const ROW_CELLS = COLUMNS.map(([, , kind, column, name = '']) => ({ kind, nth: nthOf(column), name }));
const [LETTER_T] = Buffer.from('t');
const COMMA = Buffer.from(',');
const QUOTE = Buffer.from('"');
const APOSTROPHE = Buffer.from("'");
const TRUE = Buffer.from('true');
const END_OF_LINE = Buffer.from('\r\n');

/** Puts the record of a row, as {@link csvLineOf} makes it of an event. */
export function writeCsvRecord(row: CopiedRows, columns: JoinedColumns, tags: ComplianceTags, out: LineBuffer): void {
  for (const [at, { kind, nth, name }] of ROW_CELLS.entries()) {
    if (at > 0) out.put(COMMA);
    if (!row.has(nth)) continue;
    switch (kind) {
      case 'number':
        out.putField(row.bytes, row.startOf(nth), row.endOf(nth));
        break;
      case 'flag':
        if (row.bytes[row.startOf(nth)] === LETTER_T) out.put(TRUE);
        break;
      case 'text':
        putQuoted(row.bytes, row.startOf(nth), row.endOf(nth), true, out);
        break;
      case 'json': {
        const json = columns.jsonOf(row, nth);
        putQuoted(json, 0, json.length, false, out);
        break;
      }
      case 'member': {
        const fields = columns.read(row, nth) as Readonly<Record<string, string>>; // both columns hold an object of texts
        out.putText(cellText(fields[name]));
        break;
      }
      case 'tags':
        out.putText(cellText(tags.get(row.textOf(nth) ?? '')?.join(' ')));
    }
  }
  out.put(END_OF_LINE);
}

/** @param isField whether the text is a field of COPY, escaped */
function putQuoted(source: Buffer, from: number, to: number, isField: boolean, out: LineBuffer): void {
  out.put(QUOTE);
  if (from < to && beginsFormula(source, from, to, isField)) out.put(APOSTROPHE);
  out.putDoubled(source, from, to, isField);
  out.put(QUOTE);
}

/** The first bytes of the characters of {@link FORMULA}, and of an escape. */
const SUSPECT = Uint8Array.from({ length: 256 }, (_, byte) => Number(Buffer.from("=+-@\t\r\n'＝\\").includes(byte)));

function beginsFormula(source: Buffer, from: number, to: number, isField: boolean): boolean {
  const first = source[from] ?? 0;
  if (SUSPECT[first] === 0) return false;
  const isEscape = first === BACKSLASH && isField;
  const begin = isEscape
    ? String.fromCharCode(byteOfEscape(source[from + 1] ?? 0))
    : source.toString('utf8', from, Math.min(from + 3, to)); // the full-width forms have three bytes
  return FORMULA.test(begin);
}
