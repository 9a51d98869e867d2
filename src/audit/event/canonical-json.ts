import { NotCanonicalError } from '../errors/not-canonical.error.js';

/** What JSON writes as it is: printable ASCII but the quote and the backslash. */
const PLAIN = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;

const MAX_REMEMBERED = 4_096;
const MAX_REMEMBERED_LENGTH = 64;
const quotedNames = new Map<string, string>();

/**
 * `value` as canonical JSON (RFC 8785): members in the order of the UTF-16 code units of their names, numbers and texts as
 * ECMAScript writes them, no white space. Equal JSON values give equal texts, whatever the order of their members. Encode
 * it as UTF-8 before it is hashed.
 *
 * @throws NotCanonicalError (`AUDIT_JSON_NOT_CANONICAL`) for what is not JSON: lone surrogates, numbers that are not finite,
 *   `undefined`, functions
 */
export function canonicalJson(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return canonicalText(value);
    case 'number':
      if (!Number.isFinite(value)) throw new NotCanonicalError('a number that is not finite');
      return String(value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'object':
      if (value === null) return 'null';
      return Array.isArray(value) ? canonicalList(value) : canonicalObject(value as Readonly<Record<string, unknown>>); // any object may be asked for its own enumerable names
    default:
      throw new NotCanonicalError(`a value of type ${typeof value}`);
  }
}

/** The names of an object's fields in the order in which canonical JSON has them. Not to be changed. */
export function canonicalNames(fields: object): readonly string[] {
  const names = Object.keys(fields);
  const last = names.at(-1);
  if (last === undefined || names.length === 1) return names;
  const known = sortedNames.get(last);
  if (known && areSame(known.given, names)) return known.sorted;
  // By UTF-16 code units, as the RFC wants it: sort() without a comparison of its own.
  const sorted = names.toSorted();
  if (names.length <= MAX_SORTED_NAMES) {
    if (sortedNames.size === MAX_SHAPES) sortedNames.clear();
    sortedNames.set(last, { given: names, sorted });
  }
  return sorted;
}

/** What was sorted last, by its last name: objects of one shape come with every event, and to compare is cheaper than to sort. */
const sortedNames = new Map<string, { readonly given: readonly string[]; readonly sorted: readonly string[] }>();
const MAX_SHAPES = 256;
const MAX_SORTED_NAMES = 64;

function areSame(some: readonly string[], others: readonly string[]): boolean {
  if (some.length !== others.length) return false;
  for (let index = 0; index < some.length; index++) if (some[index] !== others[index]) return false;
  return true;
}

/**
 * A field's name as canonical JSON has it, with the colon: `"status":`. Names are remembered (at most 4,096), since the same
 * fields come with every event.
 *
 * @throws NotCanonicalError (`AUDIT_JSON_NOT_CANONICAL`) for a lone surrogate
 */
export function canonicalName(name: string): string {
  const remembered = quotedNames.get(name);
  if (remembered !== undefined) return remembered;
  const quoted = `${canonicalText(name)}:`;
  if (name.length <= MAX_REMEMBERED_LENGTH && quotedNames.size < MAX_REMEMBERED) quotedNames.set(name, quoted);
  return quoted;
}

function canonicalText(text: string): string {
  if (PLAIN.test(text)) return `"${text}"`;
  if (!text.isWellFormed()) throw new NotCanonicalError('a text with a lone surrogate');
  return JSON.stringify(text);
}

function canonicalList(items: readonly unknown[]): string {
  let out = '[';
  for (let index = 0; index < items.length; index++) {
    out += (index === 0 ? '' : ',') + canonicalJson(items[index]);
  }
  return out + ']';
}

function canonicalObject(fields: Readonly<Record<string, unknown>>): string {
  let out = '';
  for (const name of canonicalNames(fields)) {
    out += (out === '' ? '{' : ',') + canonicalName(name) + canonicalJson(fields[name]);
  }
  return out === '' ? '{}' : out + '}';
}
