import { createHash } from 'node:crypto';
import { canonicalJson, parseJson, type JsonObject, type JsonValue } from '../../../audit/plain.js';

/** A row before and after a change, by column; absent for a row that did not exist. */
interface RowImages {
  readonly before: JsonObject | undefined;
  readonly after: JsonObject | undefined;
}

/** The digest of images that are stored apart from their event, which seals it. */
export function digestOfImages({ before, after }: RowImages): string {
  return createHash('sha256')
    .update(canonicalJson([before ?? null, after ?? null]))
    .digest('hex');
}

/**
 * The id of a resource: the key's value; of a composite key, the values in the key's order, joined by commas. A comma or backslash in a value
 * has a backslash before it.
 */
export function idOfKey(key: JsonObject): string | undefined {
  const parts = Object.values(key).map(textOf);
  if (parts.length === 0) return undefined;
  return parts.length === 1 ? parts[0] : parts.map((part) => part.replace(/[\\,]/g, '\\$&')).join(',');
}

function textOf(value: JsonValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** A string or a number in JSON text. */
const TEXT_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/**
 * Matches numbers of 16 characters or with an exponent. It may also match inside a string, but not at its start, so digests do not match.
 */
const MAY_BE_INEXACT = /[[:,]\s*-?\d(?:[\d.]{15}|[\d.]*[eE])/;

/** Parses JSON and keeps its numbers exact: a number that JavaScript cannot represent becomes its text. */
export function parseExactly(json: string): unknown {
  if (!MAY_BE_INEXACT.test(json)) return parseJson(json);
  return parseJson(
    json.replace(TEXT_OR_NUMBER, (token) => (token.startsWith('"') || isExact(token) ? token : `"${token}"`)),
  );
}

function isExact(token: string): boolean {
  const value = Number(token);
  if (/^-?\d+$/.test(token)) return Number.isSafeInteger(value);
  return Number.isFinite(value) && significant(String(value)) === significant(token);
}

/** The significant digits, without the sign, the point, the exponent and outer zeros. */
function significant(text: string): string {
  const [digits = ''] = text.replace('-', '').split(/[eE]/);
  return digits.replace('.', '').replace(/^0+|0+$/g, '');
}
