import type { CopiedRows } from '../copied-rows.js';
import { nthOf } from '../copied-row.js';
import type { JoinedColumns } from '../joined-columns.js';
import type { LineBuffer } from '../line-buffer.js';

const OPEN = 0x7b;
const CLOSE = 0x7d;
const END_OF_LIST = 0x5d;
const QUOTE = 0x22;
const SLASH = 0x2f;
const LETTER_T = 0x74;

/** Puts a member of an object of JSON, with a comma before it; nothing where the row has no value for it. */
export type RowMember = (row: CopiedRows, columns: JoinedColumns, out: LineBuffer) => void;

/** Puts the object of these members; nothing without one. */
export function writeObject(
  members: readonly RowMember[],
  row: CopiedRows,
  columns: JoinedColumns,
  out: LineBuffer,
): void {
  const begin = out.length;
  for (const write of members) write(row, columns, out);
  if (out.length === begin) return;
  out.setByte(begin, OPEN); // in place of the first comma
  out.putByte(CLOSE);
}

/** A member whose value is the same for all rows. */
export function fixed(name: string, value: unknown): RowMember {
  const bytes = Buffer.concat([prefixOf(name), Buffer.from(JSON.stringify(value))]);
  return (_row, _columns, out) => out.put(bytes);
}

/** Members whose values are the same for all rows. */
export function fixedAll(values: object): RowMember {
  const bytes = bytesOf(values);
  return (_row, _columns, out) => out.put(bytes);
}

/** A column's value as a text, behind another text; left out where the column has none. */
export function text(name: string, column: string, before = ''): RowMember {
  const prefix = Buffer.concat([prefixOf(name), Buffer.from(JSON.stringify(before).slice(0, -1))]);
  const nth = nthOf(column);
  return (row, _columns, out) => {
    if (!row.has(nth)) return;
    out.put(prefix);
    out.putJsonText(row.bytes, row.startOf(nth), row.endOf(nth));
    out.putByte(QUOTE);
  };
}

/** Of a column whose text is JSON: json, and numbers; left out where it has no value. */
export function json(name: string, column: string): RowMember {
  const prefix = prefixOf(name);
  const nth = nthOf(column);
  return (row, columns, out) => {
    if (!row.has(nth)) return;
    out.put(prefix);
    columns.write(row, nth, out);
  };
}

/** `true`; left out where the column is not. */
export function flag(name: string, column: string): RowMember {
  const writeTrue = fixed(name, true);
  const nth = nthOf(column);
  return (row, columns, out) => {
    if (row.bytes[row.startOf(nth)] === LETTER_T) writeTrue(row, columns, out);
  };
}

/** Those of two columns that have a value, with a slash between them; left out where neither has. */
export function path(name: string, column: string, behind: string): RowMember {
  const prefix = prefixOf(name);
  const [nth, nthBehind] = [nthOf(column), nthOf(behind)];
  return (row, _columns, out) => {
    if (!row.has(nth) && !row.has(nthBehind)) return;
    out.put(prefix);
    out.putByte(QUOTE);
    if (row.has(nth)) out.putJsonText(row.bytes, row.startOf(nth), row.endOf(nth));
    if (row.has(nth) && row.has(nthBehind)) out.putByte(SLASH);
    if (row.has(nthBehind)) out.putJsonText(row.bytes, row.startOf(nthBehind), row.endOf(nthBehind));
    out.putByte(QUOTE);
  };
}

/** An object; left out where it would be empty. */
export function group(name: string, members: readonly RowMember[]): RowMember {
  const prefix = prefixOf(name);
  return (row, columns, out) => {
    const begin = out.length;
    out.put(prefix);
    writeObject(members, row, columns, out);
    if (out.length === begin + prefix.length) out.cut(begin);
  };
}

/** A list of one object; left out where that would be empty. */
export function list(name: string, members: readonly RowMember[]): RowMember {
  const prefix = Buffer.concat([prefixOf(name), Buffer.from('[')]);
  return (row, columns, out) => {
    const begin = out.length;
    out.put(prefix);
    writeObject(members, row, columns, out);
    if (out.length === begin + prefix.length) out.cut(begin);
    else out.putByte(END_OF_LIST);
  };
}

/** What is chosen by a column's value; left out for any other. */
export function choice(name: string, column: string, values: Readonly<Record<string, unknown>>): RowMember {
  return choices(
    column,
    Object.fromEntries(Object.entries(values).map(([value, chosen]) => [value, { [name]: chosen }])),
  );
}

/** Members that are chosen by a column's value, of those that COPY does not escape; none for any other. */
export function choices(column: string, values: Readonly<Record<string, object>>): RowMember {
  const chosen = Object.entries(values).map(([value, members]) => ({
    value: Buffer.from(value),
    put: bytesOf(members),
  }));
  const nth = nthOf(column);
  return (row, _columns, out) => {
    const found = chosen.find(({ value }) => row.is(nth, value));
    if (found) out.put(found.put);
  };
}

/** Members that are made of a row otherwise. */
export function madeAll(make: (row: CopiedRows, columns: JoinedColumns) => object): RowMember {
  return (row, columns, out) => {
    const json = JSON.stringify(make(row, columns));
    if (json.length > 2) out.putText(`,${json.slice(1, -1)}`);
  };
}

/** What is made of a row otherwise; left out where that is `undefined`. */
export function made(name: string, make: (row: CopiedRows, columns: JoinedColumns) => unknown): RowMember {
  const prefix = prefixOf(name);
  return (row, columns, out) => {
    const value = make(row, columns);
    if (value === undefined) return;
    out.put(prefix);
    out.putText(JSON.stringify(value));
  };
}

/** A member for rows that have no value in any of these columns. */
export function without(columns: readonly string[], write: RowMember): RowMember {
  const absent = columns.map(nthOf);
  return (row, joined, out) => {
    if (!absent.some((nth) => row.has(nth))) write(row, joined, out);
  };
}

/** Members of an object of JSON, each with a comma before it. */
function bytesOf(values: object): Buffer {
  return Buffer.from(Object.keys(values).length === 0 ? '' : `,${JSON.stringify(values).slice(1, -1)}`);
}

function prefixOf(name: string): Buffer {
  return Buffer.from(`,${JSON.stringify(name)}:`);
}
