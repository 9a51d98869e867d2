import type { AuditEvent, JsonValue } from '../../../audit/plain.js';
import { unescapeName } from './own-fields.js';
import { PersonalPartError } from './sealing.error.js';

/**
 * What an event says of persons: values by where they stood in the event, as JSON Pointers (RFC 6901):
 * `{ "/actor/name": "Ada", "/details/email": "ada@example.com" }`. Plain JSON.
 */
export type PersonalPart = Readonly<Record<string, JsonValue>>;

/** An event in two: what stays, and what can be forgotten. */
export interface SplitEvent {
  /** The event without its personal part. */
  readonly facts: AuditEvent;
  /** Absent where the event says nothing of persons. */
  readonly personal?: PersonalPart;
}

/**
 * The event that was split.
 *
 * @param personal absent where the event had none; when it was erased, the facts are all there is
 * @throws PersonalPartError (`AUDIT_PERSONAL_PART_INVALID`) when it is not that of these facts
 */
export function joinPersonal(facts: AuditEvent, personal: PersonalPart = {}): AuditEvent {
  const bare = facts.request === undefined && Object.keys(personal).some((pointer) => pointer.startsWith('/request/'));
  let event: unknown = bare ? { ...facts, request: {} } : facts;
  for (const [pointer, value] of Object.entries(personal)) {
    const [first, ...names] = pointer.split('/').map(unescapeName);
    if (first !== '' || names.length === 0) throw new PersonalPartError(pointer);
    event = withValueAt(event, names, value, pointer);
  }
  return event as AuditEvent; // the facts of an event, and what was taken from it
}

function withValueAt(container: unknown, names: readonly string[], value: JsonValue, pointer: string): unknown {
  const [name, ...rest] = names;
  if (typeof container !== 'object' || container === null || name === undefined) throw new PersonalPartError(pointer);
  const isThere = Object.hasOwn(container, name);
  if (isThere === (rest.length === 0)) throw new PersonalPartError(pointer); // a field is new, what it stands in is not
  const fields = container as Readonly<Record<string, unknown>>; // any object may be asked for its own names
  const field = rest.length === 0 ? value : withValueAt(fields[name], rest, value, pointer);
  if (!Array.isArray(container)) return { ...fields, [name]: field };
  if (rest.length === 0) throw new PersonalPartError(pointer);
  return container.with(Number(name), field) as unknown;
}
