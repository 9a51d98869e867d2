import type { AuditActorInput, AuditInput } from './audit-input.js';
import { normalizeText, TEXT_LIMITS } from './normalize-text.js';
import type { AuditOutcome } from './outcomes.js';
import { hasFields, mergeFields } from './merge-fields.js';
import { readFieldSafely } from './read-safely.js';

const LOG_IN = 'user_login';

/** Whether an event is about a log-in, whatever its outcome. */
export function isLogIn({ action }: { readonly action: string }): boolean {
  return action === LOG_IN;
}

/** Whether an event is about a log-in that did not succeed: it has no actor, since anybody can try another person's account. */
export function isTriedLogIn(event: { readonly action: string; readonly outcome: AuditOutcome }): boolean {
  return isLogIn(event) && event.outcome !== 'success';
}

/** The actors of a log-in's scope. */
export interface LogInScope {
  /** The actor that the application's code named; for a log-in, the account that was tried. */
  readonly named: AuditActorInput | undefined;
  /** The actor whose session the request came in. */
  readonly acting: AuditActorInput | undefined;
}

/**
 * Rewrites the input of a log-in that did not succeed: the account named as the actor, or by `details.userId`, becomes the resource, its
 * name becomes `details.username`, and the actor is anonymous. An actor other than the account is kept as `metadata.givenActorId`; an actor
 * of the type `system`, the application itself, stays. Never throws.
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
  return normalizeText(one, TEXT_LIMITS.id) === normalizeText(other, TEXT_LIMITS.id);
}

const FIELDS = ['outcome', 'severity', 'category', 'tenantId', 'changes', 'reason', 'error'] as const;

/** Returns the details, with the tried account if they name none. */
export function withAccount(details: unknown, field: 'username' | 'email', account: unknown): unknown {
  const isNamed = ['username', 'email'].some((name) => (readFieldSafely(details, name) ?? undefined) !== undefined);
  const isOpen = details === undefined || details === null || hasFields(details);
  return account === undefined || isNamed || !isOpen ? details : mergeFields(details ?? {}, { [field]: account });
}
