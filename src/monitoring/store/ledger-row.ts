import type { AuditEvent, JsonValue } from '../../audit/nest-free.js';
import { joinPersonal, type PersonalPart } from '../proof/sealing/personal-part.js';
import { EVENT_FIELDS, type EventField, type StoredKind } from '../proof/sealing/event-layout.js';
import { SEAL_COLUMNS, CLASSIFIED_COLUMNS, PERSONAL_COLUMNS } from './event-columns.js';
import { OWN_POINTERS } from '../proof/sealing/own-fields.js';
import { hasCode } from '../../base/errors/error-facts.js';

/**
 * A row as `pg` returns it. JSON is parsed; times (RFC 3339), `inet` and `uuid` are strings; a float is a number or a buffer of eight
 * bytes.
 */
export type LedgerRow = Readonly<Record<string, unknown>>;

/** Returns a SQL expression that formats a time as RFC 3339, in UTC, with milliseconds. */
export const selectTimeText = (column: string): string =>
  `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/**
 * Returns a SQL expression that formats a time without loss. A time in whole milliseconds from the year 1 on becomes RFC 3339 in UTC. Any
 * other time, such as `infinity`, is formatted as text that never equals a time of the ledger's writer.
 */
export function selectExactTime(column: string): string {
  return `CASE WHEN isfinite(${column}) AND ${column} >= '0001-01-01 00:00:00+00' AND date_trunc('milliseconds', ${column}) = ${column}
               THEN ${selectTimeText(column)} ELSE ${column}::text END`;
}

/** The default text of columns of these kinds depends on the session, the parsers of `pg`, or a network mask. */
const READ_EXPRESSIONS: Readonly<Partial<Record<StoredKind, (column: string) => string>>> = {
  time: selectTimeText,
  inet: (column) => `host(${column})`,
  double: (column) => `float8send(${column})`,
};

function readAs({ column, kind }: EventField): string {
  return READ_EXPRESSIONS[kind]?.(column) ?? column;
}

function selectColumns(getExpression: (field: EventField) => string): string {
  const read = EVENT_FIELDS.map((field) => {
    const expression = getExpression(field);
    return expression === field.column ? expression : `${expression} AS ${field.column}`;
  });
  return [...read, ...SEAL_COLUMNS.map(({ name }) => name)].join(', ');
}

/** The columns from which an event is read exactly as it was written. */
export const LEDGER_COLUMNS = selectColumns(readAs);

/**
 * The columns of a row for a verification. These expressions also show values that the ledger's writer never stores: a time before Christ
 * or with microseconds, and an address with a mask.
 */
export const VERIFIED_COLUMNS = selectColumns(selectVerified);

function selectVerified(field: EventField): string {
  const { column, kind } = field;
  if (kind === 'inet') return `abbrev(${column})`;
  return kind === 'time' ? selectExactTime(column) : readAs(field);
}

/** Returns the event of a row. If the event's personal part was erased or tampered with, the event has only the facts. */
export function toEvent(row: LedgerRow): AuditEvent {
  return joinSound(toFacts(row), parsePersonalPart(row));
}

/** Joins the two parts of an event. Returns only the facts if the personal part was tampered with. */
export function joinSound(facts: AuditEvent, personal: PersonalPart | undefined): AuditEvent {
  try {
    return joinPersonal(facts, personal);
  } catch (error) {
    if (hasCode(error, 'AUDIT_PERSONAL_PART_INVALID')) return facts;
    throw error;
  }
}

/** Returns the personal part of a row's event; `undefined` if the event has none, or the part was erased. */
export function parsePersonalPart(row: LedgerRow): PersonalPart | undefined {
  const rest = row.personal as PersonalPart | null | undefined; // the ledger's writer stores this shape
  const personal: Record<string, JsonValue> = { ...rest };
  const bits = getPersonalBits(row);
  for (const { name, pointer, bit } of [...PERSONAL_COLUMNS, ...CLASSIFIED_COLUMNS]) {
    const value = row[name] as JsonValue | undefined; // a text, or the object in `on_behalf_of`
    if (value !== null && value !== undefined && (bits & bit) === bit) personal[pointer] = value;
  }
  return Object.keys(personal).length > 0 || (rest !== null && rest !== undefined) ? personal : undefined;
}

function getPersonalBits({ personal_columns: bits }: LedgerRow): number {
  return Number(bits ?? 0);
}

/** Whether the column `personal` contains a value that has its own column. The ledger's writer never stores such a value in `personal`. */
export function isPersonalMisplaced({ personal }: LedgerRow): boolean {
  return (
    typeof personal === 'object' &&
    personal !== null &&
    Object.keys(personal).some((pointer) => OWN_POINTERS.has(pointer))
  );
}

const FACT_FIELDS = EVENT_FIELDS.filter(({ personal }) => personal !== 'always');

/** Returns the facts of a row's event. The leaf covers the facts and the commitment to the personal part. */
export function toFacts(row: LedgerRow): AuditEvent {
  const bits = getPersonalBits(row);
  const event: Record<string, unknown> = {};
  for (const { column, kind, group, name, bit } of FACT_FIELDS) {
    const value = (bits & bit) === 0 ? toStoredValue(row[column], kind) : undefined;
    if (value === undefined && group !== 'actor') continue; // every event has an actor
    const target = group === undefined ? event : ((event[group] ??= {}) as Record<string, unknown>); // created here
    if (value !== undefined) target[name] = value;
  }
  return event as unknown as AuditEvent; // the table's constraints and its only writer ensure this shape
}

function toStoredValue(value: unknown, kind: StoredKind): unknown {
  if (value === null || value === undefined) return undefined;
  if (kind === 'flag') return value === true ? true : undefined;
  return kind === 'double' && Buffer.isBuffer(value) ? value.readDoubleBE() : value;
}
