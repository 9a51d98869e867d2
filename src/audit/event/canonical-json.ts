import { NotCanonicalError } from '../errors/not-canonical.error.js';

/** What JSON writes as it is: printable ASCII but the quote and the backslash. */
const PLAIN = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;

const MAX_REMEMBERED = 4_096;
const MAX_REMEMBERED_LENGTH = 64;
const quotedNames = new Map<string, string>();

/** Up to so many names, sorting them by insertion is cheaper than sort(). */
const FEW_NAMES = 24;

/**
 * `value` as canonical JSON (RFC 8785): members in the order of the UTF-16 code units of their names, numbers and texts as
 * ECMAScript writes them, no white space. Equal JSON values give equal texts, whatever the order of their members. Encode
 * it as UTF-8 before it is hashed.
 *
 * @throws NotCanonicalError (`AUDIT_JSON_NOT_CANONICAL`) for what is no JSON: lone surrogates, numbers that are not finite,
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

/** The names of an object's fields in the order in which canonical JSON has them. */
export function canonicalNames(fields: object): string[] {
  const names = Object.keys(fields);
  // Both go by UTF-16 code units, as the RFC wants it: sort() without a comparison of its own, and the operator.
  return names.length > FEW_NAMES ? names.sort() : sortFew(names);
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

function sortFew(names: string[]): string[] {
  for (let index = 1; index < names.length; index++) {
    const name = names[index] ?? '';
    let free = index;
    while (free > 0) {
      const before = names[free - 1] ?? '';
      if (before < name) break;
      names[free--] = before;
    }
    names[free] = name;
  }
  return names;
}
