import { createHash } from 'node:crypto';
import { canonicalJson, parseJson, type JsonObject, type JsonValue } from '../../../audit/plain.js';

/** A row before and after a change, by column; absent for a row that was not there. */
interface RowImages {
  readonly before: JsonObject | undefined;
  readonly after: JsonObject | undefined;
}

/** What an event seals of images that stand apart from it. */
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

/** A text of JSON, or a number. */
const TEXT_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** A number of 16 characters or with an exponent. Such a text may be in a string, too, but not at its start, so digests are none. */
const MAY_BE_INEXACT = /[[:,]\s*-?\d(?:[\d.]{15}|[\d.]*[eE])/;

/** JSON whose numbers stay exact: one that JavaScript cannot hold is read as its text. */
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

/** The digits that count, without the sign, the point, the exponent and the zeros around. */
function significant(text: string): string {
  const [digits = ''] = text.replace('-', '').split(/[eE]/);
  return digits.replace('.', '').replace(/^0+|0+$/g, '');
}
