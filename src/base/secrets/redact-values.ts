import { decodeLayer } from './decode-text.js';
import { isHarmless } from './harmless-text.js';
import { maskApart, maskNamed } from './named-secrets.js';
import { maskTokens } from './secret-tokens.js';
import { REDACTED } from './redact-names.js';

const JWT = /(?<![\w-])eyJ[\w-]{5,}\.[\w-]+(?:\.[\w-]*)?/g;
/** After the word of a scheme, only a text with the form of a credential is one: `Basic Subscription` is the name of a plan. */
const BEARER =
  /\b((?:bearer|token)(?:\s+(?:is|was))?\s+)(?=[\w.~+/=-]*\d)(?=[\w.~+/=-]*[A-Za-z])(?:[\w.~+/=-]{20,}|(?<=bearer\s+)[\w.~+/=-]{12,})/gi;
const BASIC = /\b(basic\s+)([\w+/-]{4,}={0,2})/gi;
const PEM = /-----BEGIN [A-Z0-9 ]*-----[\s\S]*?(?:-----END [A-Z0-9 ]*-----|$)/g;
const URL_PASSWORD = /(\b[a-z][a-z0-9+.-]{0,31}:\/\/[^\s:/@]*:)[^\s/]+@/gi;
/** Matches an access token that replaces the user name in a URL of Git. */
const URL_TOKEN = /(:\/\/)(?=[^\s:/@]*\d)[^\s:/@]{20,}@/g;
/** The password may contain a slash. */
const DATABASE_PASSWORD =
  /(\b(?:postgres(?:ql)?|mysql|mariadb|mongodb(?:\+srv)?|rediss?|amqps?|mssql):\/\/[^\s:/@]*:)[^\s@]{1,4096}@/gi;
const PUTTY = /(Private-Lines:\s*\d+)(?!\d)[^]*?(?:Private-(?:MAC|Hash):\s*[\da-f]+|$)/gi;
/** The backslashes match JSON within a JSON text. */
const JWK_MEMBER = /((?<!\\)\\*"(?:d|p|q|dp|dq|qi|k)\\*"\s*:\s*\\*")[^"\\]+/g;
/** Matches digits in the groups of a card number, with the separators of forms and pages. */
const DIGITS = /(?<![\w.-])[\d０-９](?:[ \u00a0\u2007\u2009\u202f\u3000\u2010-\u2015-]?[\d０-９]){13,63}(?!-?\w)/g;
/** Many other numbers have dots, so dots match only in the groups of a card number. */
const DOTTED = /(?<![\w.-])(?:\d{4}(?:\.\d{4}){3}|\d{4}\.\d{6}\.\d{5})(?![\w-]|\.\d)/g;
/** By the check digit alone, one in ten time stamps or order numbers would be a card number. */
const ISSUED = new RegExp(
  `^(?:${[
    String.raw`4\d{15}(?:\d{3})?`, // Visa
    String.raw`2(?:20[0-4]|22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}`, // Mir, Mastercard
    String.raw`3[47]\d{13}|3(?:0[0-5]|[689]\d)\d{11}|35(?:2[89]|[3-8]\d)\d{12}`, // American Express, Diners Club, JCB
    String.raw`5[1-5]\d{14}|5(?:0(?:18|19|20|38|41|6[0-7]|[89]\d)|612|893)\d{12}`, // Mastercard, Maestro, Dankort, Elo, Verve, RuPay
    String.raw`6(?:0\d\d|304|36[23]|390|4[4-9]\d|5\d\d|7\d\d)\d{12}`, // Discover, Maestro, Elo, RuPay, Verve
    String.raw`62\d{14,17}|8[12]\d{14}|9792\d{12}`, // UnionPay, RuPay, Troy
  ].join('|')})$`,
);
const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;
const MAX_CARD_DIGITS = 19;
/** Without a limit, an attacker could choose the number of encodings. */
const MAX_ENCODINGS = 3;
const HAS_SEPARATOR = /[=:：＝]/;

/**
 * Masks each part of `text` with the form of a secret. Such a part is a JWT, a bearer token, a PEM key, a token or key with its issuer's
 * prefix, or a card number. Such a part is also the password in a URL, or the value after a secret's name (`password: x`, `Cookie: …`,
 * `?code=…`).
 */
export function maskSecrets(text: string): string {
  return maskNested(text, MAX_ENCODINGS);
}

function maskNested(text: string, encodings: number): string {
  if (isHarmless(text)) return text;
  // Each regular expression runs only if the text contains a characteristic mark. No earlier replacement adds a mark.
  let masked = text;
  if (text.includes('-----BEGIN')) masked = masked.replace(PEM, REDACTED);
  masked = masked.replace(BEARER, `$1${REDACTED}`).replace(BASIC, maskBasic);
  if (text.includes('Private-Lines:')) masked = masked.replace(PUTTY, `$1 ${REDACTED}`);
  if (/"kty\\*"/.test(text)) masked = masked.replace(JWK_MEMBER, `$1${REDACTED}`);
  if (text.includes('eyJ')) masked = masked.replace(JWT, REDACTED);
  masked = maskTokens(masked, REDACTED);
  if (text.includes('://')) {
    for (const password of [URL_PASSWORD, DATABASE_PASSWORD, URL_TOKEN]) {
      masked = masked.replace(password, (_whole, start: string) => `${start}${REDACTED}@`);
    }
  }
  masked = maskApart(masked);
  if (HAS_SEPARATOR.test(masked)) masked = maskNamed(masked);
  masked = masked.replace(DIGITS, maskCards).replace(DOTTED, maskDotted);
  return encodings > 0 ? maskEncoded(masked, encodings) : masked;
}

function maskEncoded(text: string, encodings: number): string {
  const decoded = decodeLayer(text);
  if (decoded === text) return text;
  const masked = maskNested(decoded, encodings - 1);
  return masked === decoded ? text : masked;
}

/** RFC 7617: the base64 of `user:password`. */
function maskBasic(match: string, scheme: string, credentials: string): string {
  const text = Buffer.from(credentials, 'base64').toString();
  return text.includes(':') && /^[ -~\u00a0-\ufffc]+$/.test(text) ? scheme + REDACTED : match;
}

function maskDotted(number: string): string {
  return isCardNumber(number.replaceAll('.', '')) ? REDACTED : number;
}

function maskCards(run: string): string {
  if (UUID.test(run)) return run;
  const groups = run.split(/(?<=[^\d０-９])/);
  const digits = groups.map((group) => group.normalize('NFKC').replace(/\D/g, ''));
  const out: string[] = [];
  for (let from = 0; from < groups.length;) {
    const length = countCardGroups(digits.slice(from));
    out.push(
      length === 0 ? (groups[from] ?? '') : REDACTED + (/[^\d０-９]$/.exec(groups[from + length - 1] ?? '')?.[0] ?? ''),
    );
    from += Math.max(length, 1);
  }
  return out.join('');
}

/** Returns how many of the groups of digits are the longest card number, or 0. */
function countCardGroups(groups: readonly string[]): number {
  let digits = '';
  let max = 0;
  for (const [index, group] of groups.entries()) {
    digits += group;
    if (digits.length > MAX_CARD_DIGITS) break;
    if (isCardNumber(digits)) max = index + 1;
  }
  return max;
}

export function isCardLikeNumber(value: number): boolean {
  return Number.isSafeInteger(value) && value > 1e13 && isCardNumber(String(value));
}

function isCardNumber(digits: string): boolean {
  return ISSUED.test(digits) && passesLuhn(digits);
}

/** ISO/IEC 7812-1, annex B. */
function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let index = 0; index < digits.length; index++) {
    const digit = Number(digits[digits.length - 1 - index]);
    const doubled = digit * 2;
    sum += index % 2 === 0 ? digit : doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}
