import { hasFields } from './merge-fields.js';
import { readFieldSafely, readSafely } from './read-safely.js';
import { bareName } from './sensitive-names.js';

const EMAILS = ['email', 'emailaddress', 'mail'];
/** What the forms of log-ins call the account, the likeliest first. */
const NAMES = ['username', ...EMAILS, 'login', 'loginname', 'userlogin', 'user', 'userid', 'identifier', 'account', 'accountname', 'phone', 'phonenumber', 'mobile', 'mobilenumber']; // prettier-ignore
const MAX_LENGTH = 320;

/** An account as somebody named it to log in. */
export interface TypedAccount {
  /** The detail of an event that has it. */
  readonly detail: 'username' | 'email';
  /** The field that it was sent in. */
  readonly field: string;
  readonly value: string;
}

/** The account that a body names, in the usual fields of a log-in, or in one object within; `undefined` where nothing does. */
export function typedAccount(body: unknown, isWithin = false): TypedAccount | undefined {
  if (!hasFields(body)) return undefined;
  const fields = new Map((readSafely(() => Object.keys(body)) ?? []).map((name) => [bareName(name), name]));
  for (const name of NAMES) {
    const field = fields.get(name);
    const value = field === undefined ? undefined : textOf(readFieldSafely(body, field));
    if (field !== undefined && value !== undefined)
      return { detail: EMAILS.includes(name) ? 'email' : 'username', field, value };
  }
  if (isWithin) return undefined;
  for (const field of fields.values()) {
    const account = typedAccount(readFieldSafely(body, field), true);
    if (account) return account;
  }
  return undefined;
}

function textOf(value: unknown): string | undefined {
  const text = typeof value === 'number' ? String(value) : value;
  const trimmed = typeof text === 'string' && text.length <= MAX_LENGTH ? text.trim() : '';
  return trimmed === '' ? undefined : trimmed;
}
