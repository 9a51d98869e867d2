const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
/** 26 characters of Crockford's Base32; the first is at most 7. */
const ULID = '[0-7][0-9a-hjkmnp-tv-z]{25}';
/** RFC 3339: a date, or a date and a time. */
const TIME = String.raw`\d{4}-\d\d-\d\d(?:[Tt ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:[Zz]|[+-]\d\d(?::?\d\d)?)?)?`;
/** An integer does not match, since it may be a telephone number. */
const AMOUNT = String.raw`-?(?:0|[1-9]\d{0,14})\.\d{1,6}`;
const HASH = '[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}';

const UUID_ALONE = new RegExp(`^${UUID}$`, 'i');
const ALWAYS = new RegExp(`^(?:${UUID}|${ULID}|${TIME}|${AMOUNT}|${HASH})$`, 'i');

/** The name has no `@`, comma, colon or slash, so that e-mail addresses, URLs and sentences do not match. */
const TENANT_NAME = /^\p{L}[\p{L}\p{M}\p{N} _.&'’()+!-]{0,63}$/u;

/** An id, perhaps after a short prefix of letters: `42`, `order-42`, `usr_01ARZ3NDEKTSV4RRFFQ69G5FAV`. */
const ID = new RegExp(
  String.raw`^(?:[a-z]{1,16}[-_:])?(?:\d{1,20}|[0-9a-f]{16,64}|c[a-z0-9]{24}|${UUID}|${ULID})$`,
  'i',
);

/** W3C's trace context: version, trace id, parent id, flags. */
const TRACE_PARENT = '[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}';
const REQUEST_ID = new RegExp(`^(?:${UUID}|${ULID}|${TRACE_PARENT}|[0-9a-f]{16,64})$`, 'i');

const PLAIN_NAME = /^(?:[A-Za-z_$][\w$.:-]{0,127}|\d{1,9})$/;
const ERROR_NAME = /^[A-Za-z_$][\w$]{0,99}$/;
const ERROR_CODE = /^(?:[A-Z][A-Z\d_]{0,63}|[A-Z\d]{5}|\d{1,6})$/;
const SLUG = /^[a-z][a-z\d_.:-]{0,63}$/;
/** Names of words and dots, with spaces between them. A scope with an `@` may name a person. */
const SCOPES = /^[a-z][\w.:/*-]*(?: [a-z][\w.:/*-]*)*$/i;

/** Whether a text is a UUID, a ULID, a time, a hash, or a number with a fraction, which are never personal. */
export function isFactShape(text: string): boolean {
  return isHexOrMinus(text.charCodeAt(0)) && ALWAYS.test(text);
}

/** Whether a text is a UUID, of any version. */
export function isUuidShape(text: string): boolean {
  return text.length === 36 && UUID_ALONE.test(text);
}

/** Whether a text has one of the usual forms of an id in databases and applications. An e-mail address is not an id. */
export function isIdShape(text: string): boolean {
  return isUuidShape(text) || ID.test(text);
}

/** Whether a text is an id or a name of a tenant. Returns `false` for e-mail addresses, IP addresses and long sentences. */
export function isTenantIdShape(text: string): boolean {
  return isIdShape(text) || TENANT_NAME.test(text);
}

/** Whether a text is a UUID, a ULID, a W3C trace parent or trace id, or 16 to 64 hexadecimal digits. */
export function isRequestIdShape(text: string): boolean {
  return isUuidShape(text) || REQUEST_ID.test(text);
}

/** Whether a field name may come from code. Any other name comes from data, for example an e-mail address. */
export function isFieldNameShape(name: string): boolean {
  return PLAIN_NAME.test(name) || isFactShape(name);
}

export function isErrorNameShape(text: string): boolean {
  return ERROR_NAME.test(text);
}

/** Whether a text is an error code: `ECONNREFUSED`, `23505`, `AUDIT_SPILL_FULL`. */
export function isErrorCodeShape(text: string): boolean {
  return ERROR_CODE.test(text);
}

/** Whether a text has the form of a component's name, such as `billing-worker`. */
export function isSlugShape(text: string): boolean {
  return SLUG.test(text);
}

/** Whether a text lists scopes of OAuth, such as `orders:read openid`. An e-mail address is not a scope. */
export function isScopesShape(text: string): boolean {
  return SCOPES.test(text);
}

function isHexOrMinus(code: number): boolean {
  return (code >= 48 && code <= 57) || (code >= 97 && code <= 102) || (code >= 65 && code <= 70) || code === 45;
}
