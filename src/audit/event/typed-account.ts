import { hasFields } from './merge-fields.js';
import { readFieldSafely, readSafely } from './read-safely.js';
import { bareName } from './redaction/redact-names.js';

const EMAILS = ['email', 'emailaddress', 'mail'];
/** The names of the account in log-in forms, the likeliest first. */
const NAMES = ['username', ...EMAILS, 'login', 'loginname', 'userlogin', 'user', 'userid', 'identifier', 'account', 'accountname', 'phone', 'phonenumber', 'mobile', 'mobilenumber']; // prettier-ignore
const MAX_LENGTH = 320;
/** Where JSON:API and GraphQL put the fields of a form, besides the body itself and the objects in it. */
const PATHS = [
  ['data', 'attributes'],
  ['variables', 'input'],
] as const;
const BASIC = /^basic +([a-z0-9+/]+=*) *$/i;

/** An account that somebody named to log in. */
export interface TypedAccount {
  /** The event's detail that gets it. */
  readonly detail: 'username' | 'email';
  /** The field that it was sent in. */
  readonly field: string;
  readonly value: string;
}

/**
 * Returns the account that a request names: in its body, in the usual fields of a log-in or of a nested form; else in its HTTP Basic
 * authorization. `undefined` if it names none.
 */
export function typedAccount(body: unknown, request: unknown): TypedAccount | undefined {
  const field = (holder: unknown, name: string): unknown => readFieldSafely(holder, name);
  const values = hasFields(body) ? (readSafely(() => Object.keys(body)) ?? []).map((name) => field(body, name)) : [];
  const deeper = PATHS.map(([outer, inner]) => field(field(body, outer), inner));
  for (const form of [body, ...values, ...deeper]) {
    const account = accountIn(form);
    if (account) return account;
  }
  const value = basicUser(field(field(request, 'headers'), 'authorization'));
  return value === undefined ? undefined : { detail: 'username', field: 'username', value };
}

function accountIn(body: unknown): TypedAccount | undefined {
  if (!hasFields(body)) return undefined;
  const fields = new Map((readSafely(() => Object.keys(body)) ?? []).map((name) => [bareName(name), name]));
  for (const name of NAMES) {
    const field = fields.get(name);
    const value = field === undefined ? undefined : textOf(readFieldSafely(body, field));
    if (field !== undefined && value !== undefined)
      return { detail: EMAILS.includes(name) ? 'email' : 'username', field, value };
  }
  return undefined;
}

/** Returns the text before the first colon (RFC 7617); a text without a colon could be a password. */
function basicUser(authorization: unknown): string | undefined {
  const encoded = typeof authorization === 'string' ? BASIC.exec(authorization)?.[1] : undefined;
  const credentials = Buffer.from(encoded ?? '', 'base64').toString();
  return credentials.includes(':') ? textOf(credentials.slice(0, credentials.indexOf(':'))) : undefined;
}

function textOf(value: unknown): string | undefined {
  const text = typeof value === 'number' ? String(value) : value;
  const trimmed = typeof text === 'string' && text.length <= MAX_LENGTH ? text.trim() : '';
  return trimmed === '' ? undefined : trimmed;
}
