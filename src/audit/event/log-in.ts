import type { AuditActorInput, AuditInput } from './audit-input.js';
import { normalizeText, TEXT_LIMITS } from './normalize-text.js';
import type { AuditOutcome } from './outcomes.js';
import { hasFields, mergeFields } from './merge-fields.js';
import { readFieldSafely } from './read-safely.js';

const LOG_IN = 'user_login';

/** Whether an event is of a log-in, whatever its outcome. */
export function isLogIn({ action }: { readonly action: string }): boolean {
  return action === LOG_IN;
}

/** Whether an event is of a log-in that did not succeed: nobody is its actor, since anybody can try the account of another. */
export function isTriedLogIn(event: { readonly action: string; readonly outcome: AuditOutcome }): boolean {
  return isLogIn(event) && event.outcome !== 'success';
}

/** Who acts by the scope of a log-in. */
export interface LogInScope {
  /** Whom the application's code named, of a log-in the account that was tried. */
  readonly named: AuditActorInput | undefined;
  /** Who acts, and so whose session the request came in. */
  readonly acting: AuditActorInput | undefined;
}

/**
 * Turns the input of a log-in that did not succeed: the account that was named as the actor, or by `details.userId`, is the resource,
 * its name is `details.username`, and the actor is anonymous. An actor that is not the account is kept as `metadata.givenActorId`;
 * the application itself, of the type `system`, stays the actor. Never throws.
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
  } as AuditInput<unknown>; // the event builder takes whatever stands in a field
}

function isSame(one: unknown, other: unknown): boolean {
  return normalizeText(one, TEXT_LIMITS.id) === normalizeText(other, TEXT_LIMITS.id);
}

const FIELDS = ['outcome', 'severity', 'category', 'tenantId', 'changes', 'reason', 'error'] as const;

/** The details, with the account that was tried where they do not name one. */
export function withAccount(details: unknown, field: 'username' | 'email', account: unknown): unknown {
  const isNamed = ['username', 'email'].some((name) => (readFieldSafely(details, name) ?? undefined) !== undefined);
  const isOpen = details === undefined || details === null || hasFields(details);
  return account === undefined || isNamed || !isOpen ? details : mergeFields(details ?? {}, { [field]: account });
}
