import type { AuditActorInput, AuditResourceInput } from '../event/audit-input.js';
import { translateCall, type CallScope } from '../event/call-context.js';

/** What every call of `AuthAudit` may say, in ours. */
export interface AuthCall {
  readonly scope: CallScope;
  /** `record()` brings the fields to their places, and keeps and marks what has none. */
  readonly input: { readonly resource?: AuditResourceInput | undefined } & Readonly<Record<string, unknown>>;
}

/**
 * Reads what every call of `AuthAudit` may say. The account is both who did it and what it was done to; without one, both come from
 * the current scope.
 */
export function readAuthCall(
  { userId, username, sessionId, ipAddress, userAgent, ...others }: Readonly<Record<string, unknown>>,
  current: AuditActorInput | undefined,
): AuthCall {
  const { scope, unfit } = translateCall({ sessionId }, { userId, ipAddress, userAgent }, current);
  const isKnown = userId !== undefined && scope.actor?.id !== undefined;
  const known = isKnown && String(current?.id) === String(scope.actor?.id) ? current?.name : undefined;
  const isNamed = isKnown || current?.id === undefined; // else the name is of somebody else than who acts
  const name = isNamed && typeof username === 'string' ? username : known;
  const actor = isKnown ? { type: 'user' as const, ...scope.actor, name } : name && { ...scope.actor, name };
  const session = sessionId === undefined ? undefined : { type: 'session', id: sessionId };
  const resource = isKnown ? { type: 'user', id: scope.actor?.id } : session;
  const unnamed = username === undefined || name === username ? {} : { username };
  return { scope: actor ? { ...scope, actor } : scope, input: { ...others, ...unfit, ...unnamed, resource } };
}
