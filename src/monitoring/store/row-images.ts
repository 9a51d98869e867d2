import { hash } from 'node:crypto';
import type { JsonObject, JsonValue } from '../../audit/nest-free.js';
import { canonicalJson } from '../../base/json/canonical-json.js';
import { parseJson } from '../../base/json/parse-json.js';

interface RowImages {
  readonly before: JsonObject | undefined;
  readonly after: JsonObject | undefined;
}

/** Returns the digest of images that are stored separately from their event. The event contains the digest, and the seal covers it. */
export function digestImages({ before, after }: RowImages): string {
  return hash('sha256', canonicalJson([before ?? null, after ?? null]), 'hex');
}

/** Returns the id of a resource: the value of its key. The values of a composite key are joined by commas; commas in values are escaped. */
export function formatKeyId(values: readonly JsonValue[]): string | undefined {
  const parts = values.map(formatKeyPart);
  if (parts.length === 0) return undefined;
  return parts.length === 1 ? parts[0] : parts.map((part) => part.replace(/[\\,]/g, '\\$&')).join(',');
}

function formatKeyPart(value: JsonValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

const TEXT_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/**
 * Matches numbers of 16 or more characters, with an exponent, or with a zero at the end of a fraction. A match may also be inside a string,
 * but never at the string's start.
 */
const INEXACT_NUMBER = /[[:,]\s*-?\d(?:[\d.]{15}|[\d.]*[eE]|\d*\.\d*0(?!\d))/;

/** Parses JSON and preserves its numbers exactly: a number that JavaScript cannot represent, such as 9.90, becomes its text. */
export function parseExactly(json: string): unknown {
  if (!INEXACT_NUMBER.test(json)) return parseJson(json);
  return parseJson(
    json.replace(TEXT_OR_NUMBER, (token) => (token.startsWith('"') || isExact(token) ? token : `"${token}"`)),
  );
}

/** Undoes {@link parseExactly} in JSON: each text that may have been a number becomes that number. */
export function quoteInexactNumbers(json: string): string {
  return json.replace(/"(-?(?:0|[1-9]\d*)(?:\.\d+)?)"(?!:)/g, (text, number: string) =>
    isExact(number) ? text : number,
  );
}

function isExact(token: string): boolean {
  const value = Number(token);
  if (value === 0) return token === '0';
  if (/^-?\d+$/.test(token)) return Number.isSafeInteger(value);
  return Number.isFinite(value) && significant(String(value)) === significant(token);
}

function significant(text: string): string {
  const [digits = ''] = text.replace('-', '').split(/[eE]/);
  const isFraction = digits.includes('.');
  return digits.replace('.', '').replace(isFraction ? /^0+/ : /^0+|(?<!0)0+$/g, '');
}

/** jsonb writes numbers without an exponent. Large numbers are texts already. */
export function formatDecimal(value: number): string {
  const [digits = '', exponent] = String(value).split('e-');
  if (exponent === undefined) return digits;
  const zeros = '0.'.padEnd(Number(exponent) + 1, '0');
  return digits.replace(/(\d)\.?/, (_whole, first: string) => `${zeros}${first}`);
}
