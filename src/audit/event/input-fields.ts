import { MAX_RELATED } from './audit-event.js';
import type { AuditInput } from './audit-input.js';
import { isText } from './call-context.js';
import { hasFields } from './merge-fields.js';
import { ACTOR_TYPES, foldOutcome, foldSeverity, isOneOf } from '../../base/event/outcomes.js';
import { readFieldSafely, readSafely } from '../../base/read-safely.js';

type Test = (value: unknown) => boolean;
type Tests = ReadonlyMap<string, Test>;

const isAnything: Test = () => true;
const isTextOrEmpty: Test = (value) => value === '' || isText(value);
const isActorType: Test = (value) => isOneOf(ACTOR_TYPES, value);

const PRINCIPAL: Tests = new Map([
  ['type', isActorType],
  ['id', isTextOrEmpty],
]);

const WITHIN: Readonly<Record<'actor' | 'resource' | 'changes', Tests>> = {
  actor: new Map([
    ...PRINCIPAL,
    ['name', isTextOrEmpty],
    ['sessionId', isTextOrEmpty],
    ['onBehalfOf', (value) => matchesTests(value, PRINCIPAL) && isText(readFieldSafely(value, 'id'))],
  ]),
  resource: new Map([
    ['type', isTextOrEmpty],
    ['id', isTextOrEmpty],
    ['name', isTextOrEmpty],
  ]),
  changes: new Map([
    ['before', isAnything],
    ['after', isAnything],
    ['diff', isAnything],
  ]),
};

const FIELDS = new Map<keyof AuditInput, Test>([
  ['outcome', (value) => foldOutcome(value) !== undefined],
  ['severity', (value) => foldSeverity(value) !== undefined],
  ['category', isTextOrEmpty],
  ['actor', (value) => matchesTests(value, WITHIN.actor)],
  ['tenantId', isTextOrEmpty],
  ['resource', (value) => matchesTests(value, WITHIN.resource)],
  ['related', isRelatedList],
  ['changes', (value) => matchesTests(value, WITHIN.changes)],
  ['reason', isTextOrEmpty],
  ['error', isAnything],
  ['details', isAnything],
  ['metadata', isAnything],
]);

function isRelatedList(value: unknown): boolean {
  const items = readSafely(() => (Array.isArray(value) ? [...(value as readonly unknown[])] : undefined));
  return (
    items !== undefined && items.length <= MAX_RELATED && items.every((item) => matchesTests(item, WITHIN.resource))
  );
}

export const INPUT_FIELDS = [...FIELDS.keys()];

/** Whether `name` is a field of an input, and `value` passes the test of that field. */
export function isFit(name: string, value: unknown): boolean {
  return (FIELDS as Tests).get(name)?.(value) === true; // `name` may be any text
}

/** Whether a value is a plain object that contains only fields of an input, with valid values. */
export function isFitInput(value: unknown): boolean {
  return isPlain(value) && matchesTests(value, FIELDS);
}

/** Returns the part of a field's value that an event does not store: the invalid nested fields, or the whole value. */
export function findInvalidPart(name: string, value: unknown): unknown {
  const tests = Object.hasOwn(WITHIN, name) ? WITHIN[name as keyof typeof WITHIN] : undefined; // tested before
  if (!tests || !hasFields(value)) return value;
  const names = readSafely(() => Object.keys(value)) ?? [];
  const strange = names.filter((each) => {
    const field = readFieldSafely(value, each);
    return isPresent(field) && tests.get(each)?.(field) !== true;
  });
  if (strange.length === 0) return value; // a promise or a map, which has no fields
  // An entity may have fields that the caller did not mean to record, so only their names are stored.
  return isPlain(value) ? Object.fromEntries(strange.map((each) => [each, readFieldSafely(value, each)])) : strange;
}

/** Whether a value is neither `undefined` nor `null`. */
export function isPresent(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/** Whether a value is an object literal or an object without a prototype. */
export function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = readSafely(() => Object.getPrototypeOf(value) as unknown);
  return prototype === Object.prototype || prototype === null;
}

function matchesTests(value: unknown, tests: Tests): boolean {
  try {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
    const fields = value as Readonly<Record<string, unknown>>; // reading a missing property is safe
    for (const name of Object.keys(fields)) {
      const field = fields[name];
      if (isPresent(field) && tests.get(name)?.(field) !== true) return false;
    }
    // An instance of a class must have a known field, which a promise or a map lacks.
    return isPlain(value) || [...tests.keys()].some((name) => isPresent(fields[name]));
  } catch {
    return false;
  }
}
