import type { AuditEvent, JsonValue } from '../../../audit/index.js';
import { joinPersonal, type PersonalPart } from '../sealing/personal-part.js';
import { PersonalPartError } from '../sealing/sealing.errors.js';
import { EVENT_COLUMNS } from './event-columns.js';
import { MARKED_COLUMNS, OWN_POINTERS, PERSONAL_COLUMNS } from './personal-columns.js';

/** A row as the client returns it: JSON parsed, times as RFC 3339, `inet` and `uuid` as text, floats as numbers or as their eight bytes. */
export type LedgerRow = Readonly<Record<string, unknown>>;

/**
 * How a column is read where its own text form is not its value's alone: it follows the session's time zone, DateStyle or
 * extra_float_digits, the client's own parsers of that type, or may end in a mask.
 */
export const READ_AS = {
  occurred_at: `to_char(occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`,
  ip: 'host(ip)',
  duration_ms: 'float8send(duration_ms)',
} as const;

/** The columns of a look-up. An event is read from them as it was written, to the last bit. */
export const LEDGER_COLUMNS = columnsReadAs(READ_AS);

/** All columns of a row, those that are named as these expressions. */
export function columnsReadAs(expressions: Readonly<Record<string, string>>): string {
  const readAs = new Map(Object.entries(expressions));
  return EVENT_COLUMNS.map(({ name }) => {
    const expression = readAs.get(name);
    return expression === undefined ? name : `${expression} AS ${name}`;
  }).join(', ');
}

/**
 * The event that a row was made from; what is left of it when its personal part was erased. Of a personal part that was
 * tampered with, only the facts are shown.
 */
export function eventOfRow(row: LedgerRow): AuditEvent {
  return joinSound(factsOfRow(row), personalOfRow(row));
}

/** The event of its two parts; the facts alone where the personal part was tampered with. */
export function joinSound(facts: AuditEvent, personal: PersonalPart | undefined): AuditEvent {
  try {
    return joinPersonal(facts, personal);
  } catch (error) {
    if (error instanceof PersonalPartError) return facts;
    throw error;
  }
}

const COLUMNS = Object.entries(PERSONAL_COLUMNS);

/** The personal part of a row's event; `undefined` where the event has none, or has none any more. */
export function personalOfRow(row: LedgerRow): PersonalPart | undefined {
  const rest = row.personal as PersonalPart | null | undefined; // what its writer put there
  let personal = rest ?? undefined;
  for (const [name, pointer] of COLUMNS) {
    const value = row[name];
    if (typeof value === 'string') personal = { ...personal, [pointer]: value };
  }
  const bits = bitsOf(row);
  if (bits === 0) return personal;
  for (const { name, pointer, bit } of MARKED_COLUMNS) {
    const value = row[name] as JsonValue | undefined; // a text, or of `on_behalf_of` an object
    if ((bits & bit) !== 0 && value !== null && value !== undefined) personal = { ...personal, [pointer]: value };
  }
  return personal;
}

/** Which {@link MARKED_COLUMNS} are personal. */
function bitsOf({ personal_columns: bits }: LedgerRow): number {
  return Number(bits ?? 0);
}

/** Whether the column `personal` holds a value that has a column of its own: its writer never puts it there. */
export function isPersonalMisplaced({ personal }: LedgerRow): boolean {
  return (
    typeof personal === 'object' &&
    personal !== null &&
    Object.keys(personal).some((pointer) => OWN_POINTERS.has(pointer))
  );
}

/** The facts of a row's event: what its leaf is of, with the commitment to the personal part. */
export function factsOfRow(whole: LedgerRow): AuditEvent {
  const row = withoutPersonalColumns(whole);
  const event = {
    id: row.id,
    schemaVersion: row.schema_version,
    occurredAt: row.occurred_at,
    type: row.type,
    action: row.action,
    outcome: row.outcome,
    category: row.category,
    severity: row.severity,
    actor: present({
      type: row.actor_type,
      id: row.actor_id,
      sessionId: row.session_id,
      onBehalfOf: row.on_behalf_of,
    }),
    tenantId: row.tenant_id,
    resource: presentOrNone({ type: row.resource_type, id: row.resource_id }),
    request: presentOrNone({
      id: row.request_id,
      method: row.method,
      route: row.route,
      statusCode: row.status_code,
      durationMs: Buffer.isBuffer(row.duration_ms) ? row.duration_ms.readDoubleBE() : row.duration_ms,
      traceId: row.trace_id,
    }),
    changes: row.changes,
    reason: row.reason,
    error: row.error,
    details: row.details,
    detailsIssues: row.details_issues,
    metadata: row.metadata,
    truncated: row.truncated === true ? true : undefined,
  };
  return present(event) as unknown as AuditEvent; // the table's constraints and its one writer keep it of this shape
}

function withoutPersonalColumns(row: LedgerRow): LedgerRow {
  const bits = bitsOf(row);
  if (bits === 0) return row;
  const facts: Record<string, unknown> = { ...row };
  for (const { name, bit } of MARKED_COLUMNS) if ((bits & bit) !== 0) facts[name] = null;
  return facts;
}

/** A loop, since a verification does this four times a row. The names are this file's own. */
function present(fields: Record<string, unknown>): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  for (const name in fields) {
    const value = fields[name];
    if (value !== null && value !== undefined) kept[name] = value;
  }
  return kept;
}

function presentOrNone(fields: Record<string, unknown>): Record<string, unknown> | undefined {
  const some = present(fields);
  return Object.keys(some).length > 0 ? some : undefined;
}
