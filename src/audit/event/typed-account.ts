import { hasFields } from './merge-fields.js';
import { readFieldSafely, readSafely } from './read-safely.js';
import { bareName } from './redaction/sensitive-names.js';

const EMAILS = ['email', 'emailaddress', 'mail'];
/** What the forms of log-ins call the account, the likeliest first. */
const NAMES = ['username', ...EMAILS, 'login', 'loginname', 'userlogin', 'user', 'userid', 'identifier', 'account', 'accountname', 'phone', 'phonenumber', 'mobile', 'mobilenumber']; // prettier-ignore
const MAX_LENGTH = 320;
/** Where JSON:API and GraphQL have the fields of a form, beside the body itself and the objects in it. */
const PATHS = [
  ['data', 'attributes'],
  ['variables', 'input'],
] as const;
const BASIC = /^basic +([a-z0-9+/]+=*) *$/i;

/** An account as somebody named it to log in. */
export interface TypedAccount {
  /** The detail of an event that has it. */
  readonly detail: 'username' | 'email';
  /** The field that it was sent in. */
  readonly field: string;
  readonly value: string;
}

/**
 * The account that a request names: its body, in the usual fields of a log-in, there or where forms have them within; else its HTTP Basic
 * authorization. `undefined` where nothing does.
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

/** What stands before the first colon, as RFC 7617 has it: what has no colon could be a password. */
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
