import { ACTOR_TYPES, EVENT_NAME_PATTERN, isOneOf, MAX_RELATED, normalizeIp } from '../../audit/nest-free.js';
import { EVENT_FIELDS, type LayoutField, type StoredKind } from '../proof/sealing/event-layout.js';

type Fields = Readonly<Record<string, unknown>>;
type Check = (value: unknown) => boolean;

/** The core cuts values at 32 levels. */
const MAX_DEPTH = 64;

/** PostgreSQL's indexes hold at most 2,704 bytes an entry, of which two texts may be a part. */
const MAX_TEXT_BYTES = 1_024;
const MAX_LONG_TEXT_BYTES = 4_096;

/**
 * Returns why a parsed value is not an event as the core makes it; `undefined` for such an event. The fields, types and words come from the
 * layout.
 *
 * @param mayBeUnstorable whether the value may contain texts that PostgreSQL cannot store
 */
export function findEventProblem(value: unknown, mayBeUnstorable: boolean): string | undefined {
  if (!isFields(value)) return 'its event is not an object';
  return (
    findUnknownField(value, NAMES, '') ??
    groupFault(value) ??
    findFieldProblem(value) ??
    findValueProblem(value, mayBeUnstorable, 0)
  );
}

function groupFault(event: Fields): string | undefined {
  for (const [group, names] of GROUPS) {
    const fields = event[group];
    if (fields === undefined && group !== 'actor') continue;
    if (!isFields(fields) || isEmpty(group, fields)) return `${group} is not an object with fields`;
    const unknown = findUnknownField(fields, names, `${group}.`);
    if (unknown !== undefined) return unknown;
  }
  return undefined;
}

/** An empty object would leave no trace in the columns. */
function isEmpty(group: string, fields: Fields): boolean {
  return group !== 'changes' && Object.keys(fields).length === 0;
}

function findFieldProblem(event: Fields): string | undefined {
  for (const { group, name, pointer, required, isValid } of FIELD_CHECKS) {
    const holder = group === undefined ? event : event[group];
    const value = isFields(holder) ? holder[name] : undefined;
    if (value === undefined) {
      if (required === true || (pointer === '/resource/type' && holder !== undefined)) return `${pointer} is missing`;
    } else if (!isValid(value)) return `${pointer} is invalid`;
  }
  return undefined;
}

function isShort(text: string, limit = 0): boolean {
  const max = limit > 256 ? MAX_LONG_TEXT_BYTES : MAX_TEXT_BYTES;
  return text.length * 3 <= max || Buffer.byteLength(text) <= max; // a UTF-16 code unit takes at most three bytes in UTF-8
}

/** Checks the depth, and the numbers and texts that JSON can express, but PostgreSQL cannot store. */
function findValueProblem(value: unknown, checksTexts: boolean, depth: number): string | undefined {
  if (typeof value === 'number')
    return Number.isFinite(value) ? undefined : 'it has a number beyond the range of doubles';
  if (typeof value === 'string') return checksTexts && !isStorable(value) ? UNSTORABLE : undefined;
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth === MAX_DEPTH) return `it is nested deeper than ${MAX_DEPTH} levels`;
  if (checksTexts && !Object.keys(value).every(isStorable)) return UNSTORABLE;
  for (const inner of Object.values(value) as unknown[]) {
    const fault = findValueProblem(inner, checksTexts, depth + 1);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

const UNSTORABLE = 'it has a text with U+0000 or a lone surrogate';

function isStorable(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}

function findUnknownField(fields: Fields, known: ReadonlySet<string>, prefix: string): string | undefined {
  const unknown = Object.keys(fields).find((name) => !known.has(name));
  return unknown === undefined ? undefined : `it has the unknown field ${quoteName(prefix + unknown)}`;
}

/** PostgreSQL and the log cannot show each name. */
export function quoteName(name: string): string {
  return JSON.stringify(name.slice(0, 100).toWellFormed());
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const isText: Check = (value) => typeof value === 'string';
const isIntegerBetween =
  (min: number, max: number): Check =>
  (value) =>
    Number.isInteger(value) && Number(value) >= min && Number(value) <= max;

const UUID_V7 = /^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/;

/** Whether the value is a UUIDv7 in lower case, as the ids of events are. */
export function isEventId(value: unknown): value is string {
  return typeof value === 'string' && UUID_V7.test(value);
}

const CHECKS_BY_KIND: Readonly<Record<StoredKind, Check>> = {
  uuid: isEventId,
  time: isTime,
  text: isText,
  smallint: isIntegerBetween(0, 32_767),
  double: (value) => typeof value === 'number',
  flag: (value) => value === true,
  inet: (value) => typeof value === 'string' && normalizeIp(value) === value,
  json: isFields,
};

const isName: Check = (value) => typeof value === 'string' && EVENT_NAME_PATTERN.test(value);

const isIssue: Check = (value) => hasOnly(value, { path: isText, message: isText });

const isRelated: Check = (value) => {
  if (!isFields(value) || findUnknownField(value, RESOURCE_NAMES, '') !== undefined) return false;
  return 'type' in value && Object.values(value).every((text) => typeof text === 'string' && isShort(text));
};

/** The checks of the fields whose kind says too little. */
const CHECKS_BY_POINTER: Readonly<Record<string, Check>> = {
  '/schemaVersion': isIntegerBetween(1, 2),
  '/type': isName,
  '/action': isName,
  '/actor/onBehalfOf': (value) =>
    hasOnly(value, {
      type: (type) => isOneOf(ACTOR_TYPES, type),
      id: (id) => isText(id) && isShort(String(id)),
    }),
  '/error': (value) => isFields(value) && isText(value.name) && Object.values(value).every(isText),
  '/related': (value) => Array.isArray(value) && value.length <= MAX_RELATED && value.every(isRelated),
  '/detailsIssues': (value) => Array.isArray(value) && value.every(isIssue),
};

function hasOnly(value: unknown, checks: Readonly<Record<string, Check>>): boolean {
  if (!isFields(value)) return false;
  const expected = Object.entries(checks);
  return Object.keys(value).length === expected.length && expected.every(([name, check]) => check(value[name]));
}

/** Years before 1 and after 9999 have other texts in PostgreSQL. */
function isTime(value: unknown): boolean {
  if (typeof value !== 'string' || value.length !== 24 || value < '0001') return false;
  const time = new Date(value);
  return Number.isFinite(time.getTime()) && time.toISOString() === value;
}

const FIELD_CHECKS = EVENT_FIELDS.map((field) => ({ ...field, isValid: createFieldCheck(field) }));

function createFieldCheck({ kind, limit, pointer, words }: LayoutField): Check {
  if (words) return (value) => isOneOf(words, value);
  const check = CHECKS_BY_POINTER[pointer] ?? CHECKS_BY_KIND[kind];
  return (value) => check(value) && (typeof value !== 'string' || isShort(value, limit));
}

const NAMES: ReadonlySet<string> = new Set(EVENT_FIELDS.map(({ group, name }) => group ?? name));

const RESOURCE_NAMES: ReadonlySet<string> = new Set(['type', 'id', 'name']);

const GROUPS: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ...[...new Set(EVENT_FIELDS.flatMap(({ group }) => group ?? []))].map(
    (group) => [group, new Set(EVENT_FIELDS.filter((field) => field.group === group).map(({ name }) => name))] as const,
  ),
  ['error', new Set(['name', 'code', 'message'])],
  ['changes', new Set(['before', 'after', 'diff'])],
]);
