import type { AuditEvent, JsonValue } from '../../../audit/plain.js';
import { unescapeName } from './own-fields.js';
import type { PersonalPart, SplitEvent } from './personal-part.js';
import { PersonalPartError } from './sealing.error.js';

/**
 * Takes the values at these pointers out of an event: undoes {@link joinPersonal}. The event is changed.
 *
 * @throws PersonalPartError (`AUDIT_PERSONAL_PART_INVALID`) when there is no value at one of them
 */
export function takePersonal(event: AuditEvent, pointers: readonly string[]): SplitEvent {
  const personal: Record<string, JsonValue> = {};
  for (const pointer of pointers) personal[pointer] = takeAt(event, pointer);
  const { request, ...rest } = event;
  // The facts know no empty request.
  const facts = request && Object.keys(request).length === 0 ? rest : event;
  return pointers.length > 0 ? { facts, personal: personal satisfies PersonalPart } : { facts };
}

function takeAt(event: AuditEvent, pointer: string): JsonValue {
  const [first, ...names] = pointer.split('/').map(unescapeName);
  const last = names.pop();
  let container: unknown = event;
  for (const name of names) container = fieldOf(container, name, pointer);
  const value = first === '' && last !== undefined ? fieldOf(container, last, pointer) : undefined;
  if (last === undefined || value === undefined || Array.isArray(container)) throw new PersonalPartError(pointer);
  Reflect.deleteProperty(container as object, last); // it has a field
  return value as JsonValue; // of an event that was parsed
}

function fieldOf(container: unknown, name: string, pointer: string): unknown {
  if (typeof container !== 'object' || container === null || !Object.hasOwn(container, name)) {
    throw new PersonalPartError(pointer);
  }
  return (container as Readonly<Record<string, unknown>>)[name]; // any object may be asked for its own names
}
