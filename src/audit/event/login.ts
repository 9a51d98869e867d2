import type { AuditActorInput, AuditInput } from './audit-input.js';
import { normalizeId } from './normalize-text.js';
import type { AuditOutcome } from '../../base/event/outcomes.js';
import { hasFields, mergeFields } from './merge-fields.js';
import { readFieldSafely } from '../../base/read-safely.js';

const LOGIN_ACTION = 'user_login';

export function isLogin({ action }: { readonly action: string }): boolean {
  return action === LOGIN_ACTION;
}

/** Whether an event is about a log-in that did not succeed. The actor is unknown, since anyone can try another person's account. */
export function isAttemptedLogin(event: { readonly action: string; readonly outcome: AuditOutcome }): boolean {
  return isLogin(event) && event.outcome !== 'success';
}

/** The two actors of the scope in which a log-in runs. */
export interface LoginScope {
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
export function addAttemptedAccount(input: AuditInput<unknown>, { named, acting }: LoginScope): AuditInput<unknown> {
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
    details: addAccount(given('details'), 'username', readFieldSafely(account, 'name')),
    metadata: isOther ? mergeFields({ givenActorId: actorId }, given('metadata') ?? {}) : given('metadata'),
  } as AuditInput<unknown>; // the event builder accepts any value in a field
}

function isSame(one: unknown, other: unknown): boolean {
  return normalizeId(one) === normalizeId(other);
}

const FIELDS = ['outcome', 'severity', 'category', 'tenantId', 'changes', 'reason', 'error'] as const;

/** Adds the tried account to the details, unless the details name an account. */
export function addAccount(details: unknown, field: 'username' | 'email', account: unknown): unknown {
  const isNamed = ['username', 'email'].some((name) => (readFieldSafely(details, name) ?? undefined) !== undefined);
  const isOpen = details === undefined || details === null || hasFields(details);
  return account === undefined || isNamed || !isOpen ? details : mergeFields(details ?? {}, { [field]: account });
}

const ACCOUNT_NAMES = ['email', 'username', 'name'];

/** Returns the account in the result of a log-in's handler: in the field `user`, or the result itself. */
export function loggedInAccount(result: unknown): AuditActorInput | undefined {
  return toAccountActor(readFieldSafely(result, 'user'), true) ?? toAccountActor(result, isNamed(result));
}

function toAccountActor(account: unknown, isAccount: boolean): AuditActorInput | undefined {
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

function isId(id: unknown): id is string | number | bigint {
  return (typeof id === 'string' && id !== '') || typeof id === 'number' || typeof id === 'bigint';
}

const TYPED_NAMES = ['email', 'username', 'login'] as const;
const MAX_LENGTH = 320;

export interface TypedAccount {
  /** The name of the account's field in the body. */
  readonly field: (typeof TYPED_NAMES)[number];
  readonly value: string;
}

/** Returns the account in the body of a log-in: the first of the fields `email`, `username` and `login`. */
export function getTypedAccount(body: unknown): TypedAccount | undefined {
  for (const field of TYPED_NAMES) {
    const input = readFieldSafely(body, field);
    const text = typeof input === 'number' ? String(input) : input;
    const value = typeof text === 'string' && text.length <= MAX_LENGTH ? text.trim() : '';
    if (value !== '') return { field, value };
  }
  return undefined;
}
