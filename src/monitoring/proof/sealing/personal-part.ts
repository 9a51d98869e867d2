import type { AuditEvent, JsonValue } from '../../../audit/nest-free.js';
import { OBJECT_POINTER, TEXT_POINTER } from './personal-tree.js';
import { OWN_POINTERS, unescapeName } from './own-fields.js';
import { proofErrors } from '../log/proof.errors.js';

/**
 * The personal values of an event. Each key is the JSON Pointer (RFC 6901) to the position of the value. For example: `{ "/actor/name":
 * "Ada", "/details/email": "ada@example.com" }`.
 */
export type PersonalPart = Readonly<Record<string, JsonValue>>;

/** An event in two parts: facts that stay, and personal values that an erasure removes. */
export interface SplitEvent {
  readonly facts: AuditEvent;
  readonly personal?: PersonalPart;
}

/**
 * Joins the two parts of an event.
 *
 * @param personal absent if the event had no personal part, or if the part was erased
 * @throws `AUDIT_PERSONAL_PART_INVALID` when the personal part does not fit these facts
 */
export function joinPersonal(facts: AuditEvent, personal: PersonalPart = {}): AuditEvent {
  const event: Fields = { ...facts };
  const own = new Set<object>();
  for (const [pointer, value] of Object.entries(personal)) {
    if (!OBJECT_POINTER.test(pointer) && !OWN_POINTERS.has(pointer))
      throw proofErrors.AUDIT_PERSONAL_PART_INVALID(pointer);
    if (TEXT_POINTER.test(pointer) && typeof value !== 'string') throw proofErrors.AUDIT_PERSONAL_PART_INVALID(pointer);
    if (event.request === undefined && pointer.startsWith('/request/')) event.request = {};
    setValueAt(event, pointer, value, own);
  }
  return event as unknown as AuditEvent; // the facts and the personal values together form an event
}

type Fields = Record<string, unknown>;

/** @param own copies made for this event: only these containers may be changed */
function setValueAt(event: Fields, pointer: string, value: JsonValue, own: Set<object>): void {
  const names = pointer.includes('~') ? pointer.split('/').map(unescapeName) : pointer.split('/');
  const last = names.pop();
  if (last === undefined || names.shift() !== '') throw proofErrors.AUDIT_PERSONAL_PART_INVALID(pointer);
  let container = event;
  for (const name of names) {
    const inner = Object.hasOwn(container, name) ? container[name] : undefined;
    if (typeof inner !== 'object' || inner === null) throw proofErrors.AUDIT_PERSONAL_PART_INVALID(pointer);
    container = own.has(inner) ? (inner as Fields) : copyOnWrite(container, name, inner, own); // an object and an array both have named properties
  }
  if (Object.hasOwn(container, last) || Array.isArray(container))
    throw proofErrors.AUDIT_PERSONAL_PART_INVALID(pointer);
  if (last === '__proto__')
    Object.defineProperty(container, last, { value, enumerable: true, configurable: true, writable: true });
  else container[last] = value;
}

function copyOnWrite(container: Fields, name: string, inner: object, own: Set<object>): Fields {
  const copy = (Array.isArray(inner) ? [...(inner as unknown[])] : { ...inner }) as Fields; // the names of an array are its indexes
  own.add(copy);
  container[name] = copy;
  return copy;
}
