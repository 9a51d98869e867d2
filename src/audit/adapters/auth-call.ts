import type { AuditActorInput, AuditResourceInput } from '../event/audit-input.js';
import { translateCall, type CallScope } from '../event/call-context.js';

/** The fields that every call of `AuthAudit` may have, under the library's names. */
export interface AuthCall {
  readonly scope: CallScope;
  /** `record()` sorts the fields into the event, and keeps and marks those without a place. */
  readonly input: { readonly resource?: AuditResourceInput | undefined } & Readonly<Record<string, unknown>>;
}

/**
 * Reads the fields that every call of `AuthAudit` may have. The account is both the actor and the resource; without an account, both come
 * from the current scope.
 */
export function readAuthCall(
  { userId, username, sessionId, ipAddress, userAgent, ...others }: Readonly<Record<string, unknown>>,
  current: AuditActorInput | undefined,
): AuthCall {
  const { scope, unfit } = translateCall({ sessionId }, { userId, ipAddress, userAgent }, current);
  const isKnown = userId !== undefined && scope.actor?.id !== undefined;
  const known = isKnown && String(current?.id) === String(scope.actor?.id) ? current?.name : undefined;
  const isNamed = isKnown || current?.id === undefined; // otherwise the name belongs to somebody other than the actor
  const name = isNamed && typeof username === 'string' ? username : known;
  const actor = isKnown ? { type: 'user' as const, ...scope.actor, name } : name && { ...scope.actor, name };
  const session = sessionId === undefined ? undefined : { type: 'session', id: sessionId };
  const resource = isKnown ? { type: 'user', id: scope.actor?.id } : session;
  const unnamed = username === undefined || name === username ? {} : { username };
  return { scope: actor ? { ...scope, actor } : scope, input: { ...others, ...unfit, ...unnamed, resource } };
}
