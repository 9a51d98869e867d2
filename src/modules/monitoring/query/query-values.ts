import { isIP } from 'node:net';

/** How many values one filter may have. */
export const MOST_VALUES = 20;
/** How many fields of `details`, or of `metadata`, a query may name. */
export const MOST_PATHS = 10;
const MOST_NAMES = 8;
const MOST_CHARACTERS = 512;
const MOST_WORDS = 10;

/** A number that the SQL/JSON path language can compare, with no more digits than a JSON number has. */
export const NUMBER = /^-?(0|[1-9]\d{0,15})(\.\d{1,15})?$/;

/** Whether it is a text of 1 to 512 characters that PostgreSQL can compare. */
export function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MOST_CHARACTERS && isStorable(value);
}

/** Whether PostgreSQL stores a text as it is: no zero byte, and no half of a surrogate pair. */
export function isStorable(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}

/** Whether it is an event type, an alias of one, or the beginning of one followed by a star. */
export function isTypeOrPrefix(value: unknown): boolean {
  return typeof value === 'string' && /^[a-z][a-z0-9_.:-]{0,160}\*?$/.test(value);
}

/** Whether it is an IPv4 or IPv6 address, or a range in CIDR notation. */
export function isIpOrRange(value: unknown): boolean {
  if (typeof value !== 'string' || value.includes('%')) return false;
  const [address = '', prefix, ...rest] = value.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128));
}

/** Whether it is a number, or its text in JSON notation. */
export function isNumber(value: unknown): boolean {
  return numberOf(value) !== undefined;
}

/** The number of a value; `undefined` if it is not one. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  return typeof value === 'string' && NUMBER.test(value) ? Number(value) : undefined;
}

/** Whether it is a search text of up to ten words. */
export function isWords(value: unknown): boolean {
  return isText(value) && value.trim() !== '' && wordsOf(value).length <= MOST_WORDS;
}

/** The words of a search. */
export function wordsOf(text: string): readonly string[] {
  return text.trim().split(/\s+/);
}

/** Whether it is a JSON Pointer (RFC 6901) to a part of the whole. */
export function isPointer(value: unknown): boolean {
  return isText(value) && /^(\/([^~/]|~[01])*)+$/.test(value);
}

/** Whether it is the type and the id of a record: `order/o-1`. */
export function isRecord(value: unknown): boolean {
  return isText(value) && /^[^/]+\/./s.test(value);
}

/** Whether it is a path of at most eight names, separated by dots: `payment.method`. */
export function isPath(path: string): boolean {
  const names = path.split('.');
  return isText(path) && names.length <= MOST_NAMES && !names.includes('');
}

/** Whether it is a text of at most 512 characters, a number, true, false or null. */
export function isScalar(value: unknown): boolean {
  if (typeof value === 'string') return value.length <= MOST_CHARACTERS && isStorable(value);
  return value === null || typeof value === 'boolean' || Number.isFinite(value);
}

/** Whether it is a UUID of any version. */
export function isUuid(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value);
}
