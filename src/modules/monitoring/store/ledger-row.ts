import type { AuditEvent, JsonValue } from '../../../audit/plain.js';
import { joinPersonal, type PersonalPart } from '../sealing/personal-part.js';
import { PersonalPartError } from '../sealing/sealing.error.js';
import { EVENT_FIELDS, type EventField, type StoredKind } from '../sealing/event-layout.js';
import { SEAL_COLUMNS } from './event-columns.js';
import { OWN_POINTERS } from '../sealing/own-fields.js';
import { MARKED_COLUMNS, PERSONAL_COLUMNS } from './personal-columns.js';

/** A row as the client returns it: JSON parsed, times as RFC 3339, `inet` and `uuid` as text, floats as numbers or as their eight bytes. */
export type LedgerRow = Readonly<Record<string, unknown>>;

/** An expression that reads a time as RFC 3339, UTC, in milliseconds. */
export const timeText = (column: string): string =>
  `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/**
 * An expression for a column's time as RFC 3339 in UTC, if its year is at least 1 and it has whole milliseconds. Any other time, such as
 * `infinity`, keeps a different text, so that it is never taken for a time that the ledger wrote, or for a missing one.
 */
export function exactTime(column: string): string {
  return `CASE WHEN isfinite(${column}) AND ${column} >= '0001-01-01 00:00:00+00' AND date_trunc('milliseconds', ${column}) = ${column}
               THEN ${timeText(column)} ELSE ${column}::text END`;
}

/**
 * How to read columns whose text depends on more than the value: on the session's time zone, DateStyle or extra_float_digits, on the
 * client's parsers, or on a network mask.
 */
const READ_AS: Readonly<Partial<Record<StoredKind, (column: string) => string>>> = {
  time: timeText,
  inet: (column) => `host(${column})`,
  double: (column) => `float8send(${column})`,
};

/** An expression for a field's column, by {@link READ_AS}. */
function readAs({ column, kind }: EventField): string {
  return READ_AS[kind]?.(column) ?? column;
}

/** All columns of a row: an expression for each of the event's fields, then the columns of the sealing. */
function columnsReadBy(expressionOf: (field: EventField) => string): string {
  const read = EVENT_FIELDS.map((field) => {
    const expression = expressionOf(field);
    return expression === field.column ? expression : `${expression} AS ${field.column}`;
  });
  return [...read, ...SEAL_COLUMNS.map(({ name }) => name)].join(', ');
}

/** The columns of a look-up, from which an event is read exactly as it was written. */
export const LEDGER_COLUMNS = columnsReadBy(readAs);

/**
 * The columns of a row for verification. They keep differences that readers do not see: a time before Christ or with microseconds, and an
 * address with a mask, never come from the ledger's writer.
 */
export const VERIFIED_COLUMNS = columnsReadBy(verifiedAs);

function verifiedAs(field: EventField): string {
  const { column, kind } = field;
  if (kind === 'inet') return `abbrev(${column})`;
  return kind === 'time' ? exactTime(column) : readAs(field);
}

/** The event of a row. If its personal part was erased or tampered with, only the facts remain. */
export function eventOfRow(row: LedgerRow): AuditEvent {
  return joinSound(factsOfRow(row), personalOfRow(row));
}

/** Joins the two parts of an event; returns only the facts if the personal part was tampered with. */
export function joinSound(facts: AuditEvent, personal: PersonalPart | undefined): AuditEvent {
  try {
    return joinPersonal(facts, personal);
  } catch (error) {
    if (error instanceof PersonalPartError) return facts;
    throw error;
  }
}

/** The personal part of a row's event; `undefined` if it has none, or it was erased. */
export function personalOfRow(row: LedgerRow): PersonalPart | undefined {
  const rest = row.personal as PersonalPart | null | undefined; // what its writer put there
  const personal: Record<string, JsonValue> = { ...rest };
  const bits = bitsOf(row);
  for (const { name, pointer, bit } of [...PERSONAL_COLUMNS, ...MARKED_COLUMNS]) {
    const value = row[name] as JsonValue | undefined; // a text, or of `on_behalf_of` an object
    if (value !== null && value !== undefined && (bits & bit) === bit) personal[pointer] = value;
  }
  return Object.keys(personal).length > 0 || (rest !== null && rest !== undefined) ? personal : undefined;
}

/** The bits of {@link MARKED_COLUMNS} that are personal. */
function bitsOf({ personal_columns: bits }: LedgerRow): number {
  return Number(bits ?? 0);
}

/** Whether the column `personal` contains a value that has its own column: the ledger's writer never stores it there. */
export function isPersonalMisplaced({ personal }: LedgerRow): boolean {
  return (
    typeof personal === 'object' &&
    personal !== null &&
    Object.keys(personal).some((pointer) => OWN_POINTERS.has(pointer))
  );
}

const FACT_FIELDS = EVENT_FIELDS.filter(({ personal }) => personal !== 'always');

/** The facts of a row's event. Its leaf covers them, with the commitment to the personal part. */
export function factsOfRow(row: LedgerRow): AuditEvent {
  const bits = bitsOf(row);
  const event: Record<string, unknown> = {};
  for (const { column, kind, group, name, bit } of FACT_FIELDS) {
    const value = (bits & bit) === 0 ? valueOf(row[column], kind) : undefined;
    if (value === undefined && group !== 'actor') continue; // every event has an actor
    const target = group === undefined ? event : ((event[group] ??= {}) as Record<string, unknown>); // its own objects
    if (value !== undefined) target[name] = value;
  }
  return event as unknown as AuditEvent; // the table's constraints and its only writer ensure this shape
}

function valueOf(value: unknown, kind: StoredKind): unknown {
  if (value === null || value === undefined) return undefined;
  if (kind === 'flag') return value === true ? true : undefined;
  return kind === 'double' && Buffer.isBuffer(value) ? value.readDoubleBE() : value;
}
