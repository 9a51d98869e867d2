import { EVENT_FIELDS } from '../proof/sealing/event-layout.js';
import type { LedgerEvent } from '../read/query/ledger-event.js';
import { must, Parameter } from '../read/query/query-parameters.js';

const PARTS: Readonly<Record<string, readonly string[] | 'anything'>> = {
  ...partsOfEvent(),
  index: [],
  compliance: [],
  archive: [],
  names: ['actor', 'onBehalfOf', 'resource'],
  rowChanges: ['events', 'records', 'isWhole'],
};

function partsOfEvent(): Readonly<Record<string, readonly string[] | 'anything'>> {
  const parts: Record<string, readonly string[] | 'anything'> = {};
  for (const { group, name, members = [] } of EVENT_FIELDS) {
    if (group === undefined) parts[name] = members;
    else parts[group] = EVENT_FIELDS.filter((field) => field.group === group).map((field) => field.name);
  }
  return parts;
}

const MOST_FIELDS = 50;
const MOST_NAMES = 8;

/** The value of a query parameter with the decorator {@link Fields}. */
export type FieldPaths = string | readonly string[] | undefined;

export function Fields(): PropertyDecorator {
  return Parameter(
    { type: String, description: 'The fields of each event to return, such as id,type,actor.id' },
    must('fields of an event separated by commas, such as id,type,actor.id,details.amount', areFields),
  );
}

/** The parameter may be repeated, and each value may contain several names. */
function fieldsOf(given: unknown): readonly string[] {
  return [given].flat().flatMap((text) => (typeof text === 'string' ? text.split(',') : ['']));
}

function areFields(given: unknown): boolean {
  const fields = fieldsOf(given);
  return fields.length <= MOST_FIELDS && fields.every(isField);
}

function isField(path: string): boolean {
  const [part = '', ...names] = path.split('.');
  const within = Object.hasOwn(PARTS, part) ? PARTS[part] : undefined;
  if (within === undefined || names.length > MOST_NAMES || names.includes('')) return false;
  return within === 'anything' || names.length === 0 || (names.length === 1 && within.includes(names[0] ?? ''));
}

/** Returns the requested fields of an event. A nested field stays within its object. Without paths, returns the whole event. */
export function pickFields(event: LedgerEvent, fields: FieldPaths): object {
  if (fields === undefined) return event;
  const picked: Record<string, unknown> = {};
  for (const path of fieldsOf(fields)) copy(event, picked, path.split('.'));
  return picked;
}

function copy(from: object, to: Record<string, unknown>, [name = '', ...rest]: readonly string[]): void {
  if (!Object.hasOwn(from, name)) return;
  const value: unknown = Reflect.get(from, name);
  if (rest.length === 0) define(to, name, value);
  if (rest.length === 0 || typeof value !== 'object' || value === null || Array.isArray(value)) return;
  const part: Record<string, unknown> = { ...(Object.hasOwn(to, name) ? (to[name] as object) : {}) }; // an earlier path may have made this object
  copy(value, part, rest);
  if (Object.keys(part).length > 0) define(to, name, part);
}

/** The name may be `__proto__`, so an assignment is unsafe. */
function define(target: object, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, enumerable: true, writable: true, configurable: true });
}
