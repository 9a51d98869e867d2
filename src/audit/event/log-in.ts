import type { AuditActorInput, AuditInput } from './audit-input.js';
import { normalizeId } from './normalize-text.js';
import type { AuditOutcome } from './outcomes.js';
import { hasFields, mergeFields } from './merge-fields.js';
import { readFieldSafely, readSafely } from './read-safely.js';
import { parseJson } from './parse-json.js';
import { bareName } from './redaction/redact-names.js';

const LOG_IN = 'user_login';

export function isLogIn({ action }: { readonly action: string }): boolean {
  return action === LOG_IN;
}

/** Whether an event is about a log-in that did not succeed. The actor is unknown, since anyone can try another person's account. */
export function isTriedLogIn(event: { readonly action: string; readonly outcome: AuditOutcome }): boolean {
  return isLogIn(event) && event.outcome !== 'success';
}

/** The two actors of the scope in which a log-in runs. */
export interface LogInScope {
  /** The actor that the application's code set: for a log-in, the tried account. */
  readonly named: AuditActorInput | undefined;
  /** The actor of the request's session. */
  readonly acting: AuditActorInput | undefined;
}

/**
 * Rewrites the input of a log-in that did not succeed. The tried account (the given actor, or `details.userId`) becomes the resource. The
 * account's name becomes `details.username`, and the actor is anonymous. `metadata.givenActorId` stores the id of the given actor, unless
 * this actor is the tried account. An actor of the type `system` remains the actor. Never throws.
 */
export function withTriedAccount(input: AuditInput<unknown>, { named, acting }: LogInScope): AuditInput<unknown> {
  const given = (name: keyof AuditInput): unknown => readFieldSafely(input, name);
  const own = given('actor');
  const actor = own ?? acting;
  if (readFieldSafely(actor, 'type') === 'system') return input;
  const subject = readFieldSafely(given('details'), 'userId') ?? undefined;
  const account = own ?? (subject === undefined && named?.type !== 'service' ? named : undefined);
  const id = readFieldSafely(account, 'id') ?? subject;
  const actorId = readFieldSafely(actor, 'id');
  const resource = given('resource') ?? (id === undefined ? undefined : { type: 'user', id });
  const isOther = (actorId ?? undefined) !== undefined && !isSame(actorId, readFieldSafely(resource, 'id'));
  return {
    ...Object.fromEntries(FIELDS.map((name) => [name, given(name)])),
    actor: { type: 'anonymous', sessionId: readFieldSafely(actor, 'sessionId') },
    resource,
    details: withAccount(given('details'), 'username', readFieldSafely(account, 'name')),
    metadata: isOther ? mergeFields({ givenActorId: actorId }, given('metadata') ?? {}) : given('metadata'),
  } as AuditInput<unknown>; // the event builder accepts any value in a field
}

function isSame(one: unknown, other: unknown): boolean {
  return normalizeId(one) === normalizeId(other);
}

const FIELDS = ['outcome', 'severity', 'category', 'tenantId', 'changes', 'reason', 'error'] as const;

/** Adds the tried account to the details, unless the details name an account. */
export function withAccount(details: unknown, field: 'username' | 'email', account: unknown): unknown {
  const isNamed = ['username', 'email'].some((name) => (readFieldSafely(details, name) ?? undefined) !== undefined);
  const isOpen = details === undefined || details === null || hasFields(details);
  return account === undefined || isNamed || !isOpen ? details : mergeFields(details ?? {}, { [field]: account });
}

const TOKENS = ['access_token', 'accessToken', 'token'];
const ACCOUNT_NAMES = ['email', 'username', 'name'];

/**
 * Returns the account in the result of a log-in's handler: in the field `user`, in the result itself, or in the subject of a JWT, which may
 * be in the field `user` or `tokens`. A result without an account may have one in its field `data`. The application has just issued that
 * JWT, so its signature is not checked.
 */
export function loggedInAccount(result: unknown): AuditActorInput | undefined {
  return accountInResult(result) ?? accountInResult(readFieldSafely(result, 'data'));
}

function accountInResult(result: unknown): AuditActorInput | undefined {
  const user = readFieldSafely(result, 'user');
  return (
    accountOf(user, true) ??
    accountOf(result, isNamed(result)) ??
    subjectOfToken(result) ??
    subjectOfToken(user) ??
    subjectOfToken(readFieldSafely(result, 'tokens'))
  );
}

function accountOf(account: unknown, isAccount: boolean): AuditActorInput | undefined {
  const ids = isAccount ? ['id', 'sub', 'userId'] : ['sub', 'userId'];
  const id = ids.map((name) => readFieldSafely(account, name)).find(isId);
  if (id === undefined) return undefined;
  const name = ['name', 'username']
    .map((field) => readFieldSafely(account, field))
    .find((text) => typeof text === 'string');
  return { type: 'user', id, ...(name !== undefined && { name }) };
}

function isNamed(account: unknown): boolean {
  return ACCOUNT_NAMES.some((name) => typeof readFieldSafely(account, name) === 'string');
}

function subjectOfToken(result: unknown): AuditActorInput | undefined {
  for (const name of TOKENS) {
    const token = readFieldSafely(result, name);
    const claims = typeof token === 'string' ? claimsOf(token) : undefined;
    const account = accountOf(claims, false) ?? accountOf(claims, true);
    if (account) return account;
  }
  return undefined;
}

function claimsOf(token: string): unknown {
  const [header, claims, signature, ...rest] = token.split('.');
  if (!header || !claims || signature === undefined || rest.length > 0) return undefined;
  return readSafely(() => parseJson(Buffer.from(claims, 'base64url').toString()));
}

function isId(id: unknown): id is string | number | bigint {
  return (typeof id === 'string' && id !== '') || typeof id === 'number' || typeof id === 'bigint';
}

const EMAILS = ['email', 'emailaddress', 'mail'];
const FORM_NAMES = ['username', ...EMAILS, 'login', 'loginname', 'userlogin', 'user', 'userid', 'identifier', 'account', 'accountname', 'phone', 'phonenumber', 'mobile', 'mobilenumber']; // prettier-ignore
const MAX_LENGTH = 320;
const PATHS = [
  ['data', 'attributes'],
  ['variables', 'input'],
] as const;
const BASIC = /^basic +([a-z0-9+/]+=*) *$/i;

export interface TypedAccount {
  /** The name of the event's detail that stores the account. */
  readonly detail: 'username' | 'email';
  /** The name of the account's field in the request. */
  readonly field: string;
  readonly value: string;
}

/**
 * Returns the account in a request: in a usual field of the body or of a nested form, otherwise in the HTTP Basic authorization. Returns
 * `undefined` for a request without an account.
 */
export function typedAccount(body: unknown, request: unknown): TypedAccount | undefined {
  const names = hasFields(body) ? (readSafely(() => Object.keys(body)) ?? []) : [];
  const values = names.map((name) => readFieldSafely(body, name));
  const deeper = PATHS.map(([outer, inner]) => readFieldSafely(readFieldSafely(body, outer), inner));
  for (const form of [body, ...values, ...deeper]) {
    const account = accountIn(form);
    if (account) return account;
  }
  const value = basicUser(readFieldSafely(readFieldSafely(request, 'headers'), 'authorization'));
  return value === undefined ? undefined : { detail: 'username', field: 'username', value };
}

function accountIn(body: unknown): TypedAccount | undefined {
  if (!hasFields(body)) return undefined;
  const fields = new Map((readSafely(() => Object.keys(body)) ?? []).map((name) => [bareName(name), name]));
  for (const name of FORM_NAMES) {
    const field = fields.get(name);
    const value = field === undefined ? undefined : textOf(readFieldSafely(body, field));
    if (field !== undefined && value !== undefined)
      return { detail: EMAILS.includes(name) ? 'email' : 'username', field, value };
  }
  return undefined;
}

/** Returns the text before the first colon (RFC 7617); `undefined` without a colon, since the text may be a password. */
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
