import type { AuditEvent } from '../../../audit/plain.js';
import { PERSONAL_FIELDS } from './event-layout.js';
import { escapeName, OWN_POINTERS, unescapeName } from './own-fields.js';
import { PersonalPartError } from './sealing.error.js';

/** Says what is personal in a value: the whole value (`true`), or values inside it, by the names of fields or the indexes of items. */
export type Marks = true | ReadonlyMap<string, Marks>;

/** The marks of an event, by the names of its fields. */
export type EventMarks = ReadonlyMap<string, Marks>;

/** Matches the pointers of personal values that do not have their own column. */
export const OF_OBJECTS = /^\/(?:changes|details|metadata|error|detailsIssues)\//;
/** The values at these pointers are texts. */
export const OF_TEXTS = /^\/(?:error|detailsIssues)\//;

/** Values at these places are always personal, so no list of pointers names them. */
const ALWAYS = PERSONAL_FIELDS.filter(({ personal }) => personal === 'always');
const ALWAYS_POINTERS: ReadonlySet<string> = new Set(ALWAYS.map(({ pointer }) => pointer));

/** Lists the JSON Pointers (RFC 6901) of the marked values, without the pointers whose values are always personal. */
export function pointersOf(marks: EventMarks): readonly string[] {
  const pointers: string[] = [];
  collect(marks, '', pointers);
  return pointers;
}

function collect(marks: EventMarks, at: string, pointers: string[]): void {
  for (const [name, inner] of marks) {
    const pointer = `${at}/${escapeName(name)}`;
    if (inner !== true) collect(inner, pointer, pointers);
    else if (!ALWAYS_POINTERS.has(pointer)) pointers.push(pointer);
  }
}

type Growing = Map<string, true | Growing>;

/**
 * Builds the marks of an event from the pointers that its writer listed. The inverse of {@link pointersOf}.
 *
 * @throws PersonalPartError (`AUDIT_PERSONAL_PART_INVALID`) for a pointer without a value, at a place that holds no personal values, or inside
 *   another marked value
 */
export function marksOf(event: AuditEvent, pointers: readonly string[]): EventMarks {
  const marks: Growing = new Map();
  for (const pointer of pointers) {
    if (ALWAYS_POINTERS.has(pointer) || !(OWN_POINTERS.has(pointer) || OF_OBJECTS.test(pointer)))
      throw new PersonalPartError(pointer);
    mark(marks, event, pointer);
  }
  for (const { pointer, group = '', name } of ALWAYS) {
    const holder = fieldOf(event, group);
    if (typeof holder === 'object' && holder !== null && Object.hasOwn(holder, name)) mark(marks, event, pointer);
  }
  return marks;
}

function mark(marks: Growing, event: AuditEvent, pointer: string): void {
  const names = pointer.slice(1).split('/').map(unescapeName);
  const last = names.pop() ?? '';
  let holder: unknown = event;
  let at = marks;
  for (const name of names) {
    holder = fieldOf(holder, name);
    const inner = at.get(name) ?? new Map<string, true | Growing>();
    if (inner === true) throw new PersonalPartError(pointer);
    at.set(name, inner);
    at = inner;
  }
  const value = Array.isArray(holder) ? undefined : fieldOf(holder, last);
  if (value === undefined || at.has(last) || (OF_TEXTS.test(pointer) && typeof value !== 'string'))
    throw new PersonalPartError(pointer);
  at.set(last, true);
}

function fieldOf(holder: unknown, name: string): unknown {
  if (typeof holder !== 'object' || holder === null || !Object.hasOwn(holder, name)) return undefined;
  return (holder as Readonly<Record<string, unknown>>)[name]; // the line above checked that the holder has this field
}
