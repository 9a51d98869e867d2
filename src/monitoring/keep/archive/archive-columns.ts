import { isIP } from 'node:net';
import { CLASSIFIED_COLUMNS } from '../../store/event-columns.js';
import { EVENT_FIELDS, type LayoutField, type StoredKind } from '../../proof/sealing/event-layout.js';
import { isPersonalLine, type ArchiveLine } from './archive-line.js';

/** The position of a line in an archive's file of events. The file of events consists of gzip members with several lines each. */
export interface LineAddress {
  /** The offset of the line's member in the file, in bytes. */
  readonly member: number;
  readonly size: number;
  /** SHA-256 of the member, in base64. */
  readonly digest: string;
  /** The number of lines before this line in the member. */
  readonly nth: number;
}

/** A row of the Parquet file: the fields of one event that filters use, and the position of the event's line. No value is `null`. */
export type ColumnsRow = Readonly<Record<string, unknown>>;

const FILTERED: readonly LayoutField[] = EVENT_FIELDS.filter(({ filter }) => filter !== undefined);

const TYPES: Readonly<Partial<Record<StoredKind, string>>> = { smallint: 'SMALLINT' };

/** Lists the columns of the Parquet file with their DuckDB types. Columns for fields of an event have the same names as in `audit_event`. */
export const ARCHIVE_COLUMNS: Readonly<Record<string, string>> = {
  index: 'BIGINT',
  id: 'UUID', // contains the time
  ...Object.fromEntries(FILTERED.map(({ column, kind }) => [column, TYPES[kind] ?? 'VARCHAR'])),
  personal_columns: 'SMALLINT',
  is_personal: 'BOOLEAN',
  member: 'BIGINT',
  size: 'INTEGER',
  digest: 'VARCHAR',
  nth: 'INTEGER',
};

export function toColumnsRow(line: ArchiveLine): ColumnsRow {
  const { index, sealed, personal } = line;
  const row: Record<string, unknown> = { index, id: sealed.id };
  for (const field of FILTERED) {
    const value = toColumnValue(personal?.[field.pointer] ?? getFact(sealed, field), field);
    if (value !== undefined && value !== null) row[field.column] = value;
  }
  const bits = CLASSIFIED_COLUMNS.reduce(
    (sum, { pointer, bit }) => sum + (personal && pointer in personal ? bit : 0),
    0,
  );
  row.personal_columns = bits;
  row.is_personal = isPersonalLine(line);
  return row;
}

function getFact(sealed: object, { group, name }: LayoutField): unknown {
  const holder: unknown = group === undefined ? sealed : Reflect.get(sealed, group);
  return isObject(holder) ? Reflect.get(holder, name) : undefined;
}

function toColumnValue(value: unknown, { kind, filtered }: LayoutField): unknown {
  if (kind === 'inet') return addressKey(String(value));
  if (filtered === undefined || !isObject(value)) return value;
  return JSON.stringify({ [filtered]: Reflect.get(value, filtered) as unknown });
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** Converts an IP address to a sortable key: the family, then the bytes in hexadecimal. Returns `undefined` for any other text. */
export function addressKey(address: string): string | undefined {
  const family = isIP(address);
  if (family === 4) return `4${toAddressHex(address.split('.').map(Number), 2)}`;
  const url = `http://[${address}]/`; // normalises the spelling of the address
  if (family !== 6 || !URL.canParse(url)) return undefined;
  const [head = [], tail = []] = new URL(url).hostname
    .slice(1, -1)
    .split('::')
    .map((half) => half.split(':').filter((group) => group !== ''))
    .map((groups) => groups.map((group) => Number.parseInt(group, 16)));
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => 0);
  return `6${toAddressHex([...head, ...zeros, ...tail], 4)}`;
}

/**
 * Returns the keys of the first and the last address in a network (CIDR notation). A single address is also a network, as for PostgreSQL's
 * `<<=`.
 */
export function toAddressRange(network: string): Readonly<Record<'first' | 'last', string>> {
  const [address = '', bits] = network.split('/');
  const key = addressKey(address) ?? '';
  const digits = key.slice(1);
  const hostBits = digits.length * 4 - (bits === undefined ? digits.length * 4 : Number(bits));
  const host = (1n << BigInt(hostBits)) - 1n;
  const value = BigInt(`0x0${digits}`);
  const toKey = (each: bigint): string => key.slice(0, 1) + each.toString(16).padStart(digits.length, '0');
  return { first: toKey(value & ~host), last: toKey(value | host) };
}

function toAddressHex(parts: readonly number[], width: number): string {
  return parts.map((part) => part.toString(16).padStart(width, '0')).join('');
}
