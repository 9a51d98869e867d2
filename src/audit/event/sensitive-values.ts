import { REDACTED } from './sensitive-names.js';

const JWT = /\beyJ[\w-]{5,}\.[\w-]+(?:\.[\w-]*)?/g;
const BEARER = /\b(bearer|basic)\s+[\w.~+/=-]{6,}/gi;
const PEM = /-----BEGIN [A-Z0-9 ]*-----[\s\S]*?(?:-----END [A-Z0-9 ]*-----|$)/g;
const URL_PASSWORD = /(\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@]*:)[^\s/@]+@/gi;
/** `password=…` and `"password":"…"` within a text. */
const ASSIGNED = /((?:password|passwd|pwd|secret|token|api[_-]?key)(?:=|["']\s*:\s*["']?))[^\s&"',;)}\]]+/gi;
const CARD = /(?<![\w.-])\d(?:[ -]?\d){12,18}(?![\w-])/g;
/** Issuer prefixes with their lengths: without them one in ten long numbers (a time stamp, an order number) is a "card". */
const ISSUED =
  /^(?:4\d{12}(?:\d{3}){0,2}|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}|3(?:0[0-5]|[689]\d)\d{11}|6(?:011|5\d\d|4[4-9]\d)\d{12}|35\d{14}|62\d{14,17})$/;
/** One cheap look that most texts do not pass, so that they cost nothing more. */
const SUSPICIOUS = /eyJ|earer|EARER|asic |ASIC |-----BEGIN|:\/\/|[a-z](?:=|['\"]\s*:)|\d(?:[ -]?\d){12}/i;

/**
 * `text` with everything masked that looks like a JWT, a bearer token, a PEM key, a password in a URL or
 * after its name, or a card number.
 */
export function maskSecrets(text: string): string {
  if (!SUSPICIOUS.test(text)) return text;
  return text
    .replace(PEM, REDACTED)
    .replace(BEARER, (_whole, scheme: string) => `${scheme} ${REDACTED}`)
    .replace(JWT, REDACTED)
    .replace(ASSIGNED, (_whole, name: string) => name + REDACTED)
    .replace(URL_PASSWORD, (_whole, start: string) => `${start}${REDACTED}@`)
    .replace(CARD, (digits) => (isCardNumber(digits.replace(/[ -]/g, '')) ? REDACTED : digits));
}

/** Whether a number is a card number written as one. */
export function isCardLikeNumber(value: number): boolean {
  return Number.isSafeInteger(value) && value > 1e12 && isCardNumber(String(value));
}

function isCardNumber(digits: string): boolean {
  return ISSUED.test(digits) && passesLuhn(digits);
}

/** The check digit of ISO/IEC 7812-1, annex B. */
function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let place = 0; place < digits.length; place++) {
    const digit = Number(digits[digits.length - 1 - place]);
    const doubled = digit * 2;
    sum += place % 2 === 0 ? digit : doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}
