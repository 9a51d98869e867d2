import { FieldShapes } from './field-shapes.js';
import { jsonErrors } from './json.errors.js';

/** Matches a text without JSON escapes: printable ASCII except the quote and the backslash. */
const PLAIN = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;

/**
 * Returns `value` as canonical JSON (RFC 8785): members in the order of the UTF-16 code units of their names, and no white space. Numbers
 * and texts are written as in ECMAScript (`JSON.stringify`). Equal JSON values have equal texts, even with another order of members. Encode
 * the text as UTF-8 before you hash it.
 *
 * @throws `AUDIT_JSON_NOT_CANONICAL` for values without a JSON form: lone surrogates, numbers that are not finite,
 *   `undefined`, functions
 */
export function canonicalJson(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return canonicalText(value);
    case 'number':
      if (!Number.isFinite(value)) throw jsonErrors.AUDIT_JSON_NOT_CANONICAL('a number that is not finite');
      return String(value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'object':
      if (value === null) return 'null';
      return Array.isArray(value) ? canonicalList(value) : canonicalObject(value as Readonly<Record<string, unknown>>); // any object has own enumerable names
    default:
      throw jsonErrors.AUDIT_JSON_NOT_CANONICAL(`a value of type ${typeof value}`);
  }
}

export interface CanonicalField {
  readonly name: string;
  /** The text before an object's first field: `{"status":`. */
  readonly first: string;
  /** The text before a later field: `,"status":`. */
  readonly next: string;
}

/** Encodes a field's name. @throws `AUDIT_JSON_NOT_CANONICAL` for a lone surrogate */
export function canonicalField(name: string): CanonicalField {
  const text = canonicalText(name);
  return { name, first: `{${text}:`, next: `,${text}:` };
}

const SHAPES = new FieldShapes(canonicalField);

/** Encodes a text like {@link canonicalJson}. */
export function canonicalText(text: string): string {
  if (PLAIN.test(text)) return `"${text}"`;
  if (!text.isWellFormed()) throw jsonErrors.AUDIT_JSON_NOT_CANONICAL('a text with a lone surrogate');
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
  for (const { name, first, next } of SHAPES.of(fields))
    out += (out === '' ? first : next) + canonicalJson(fields[name]);
  return out === '' ? '{}' : out + '}';
}
