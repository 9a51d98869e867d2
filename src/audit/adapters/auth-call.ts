import type { AuditScopeValues } from '../context/audit-scope.js';
import type { AuditActorInput, AuditInput } from '../event/audit-input.js';
import { isOneOf, SEVERITIES, type AuditOutcome } from '../event/outcomes.js';
import { normalizeText, TEXT_LIMITS } from '../event/normalize-text.js';
import { AUTH_RESULTS } from './auth-audit.types.js';
import { translateCall, withMark } from './call-context.js';
import { withBoth } from './either-case.js';

/** What every call of `AuthAudit` may say, in ours. */
export interface AuthCall {
  readonly scope: AuditScopeValues;
  readonly input: AuditInput;
}

/**
 * Reads what every call of `AuthAudit` may say. The account is both who did it and what it was done to; without one, both come from
 * the current scope. Without a result, an error message means a failure. What does not fit is kept in the metadata, and marked.
 */
export function readAuthCall(
  {
    userId,
    username,
    actionResult,
    errorMessage,
    severity,
    sessionId,
    ipAddress,
    userAgent,
    ...unknown
  }: Readonly<Record<string, unknown>>,
  current: AuditActorInput | undefined,
): AuthCall {
  const { scope, others: unplaced } = translateCall({ sessionId }, { userId, ipAddress, userAgent }, current);
  const others = Object.entries(unplaced).filter(([place]) => place !== 'sessionId'); // that is the resource's
  const result = typeof actionResult === 'string' ? actionResult.trim().toLowerCase() : actionResult;
  const isResult = isOneOf(AUTH_RESULTS, result);
  const outcome: AuditOutcome | undefined = isResult ? result : errorMessage === undefined ? undefined : 'failure';
  const isSeverity = isOneOf(SEVERITIES, severity);
  const isKnown = userId !== undefined && scope.actor?.id !== undefined;
  const known = isKnown && String(current?.id) === String(scope.actor?.id) ? current?.name : undefined;
  const isNamed = isKnown || current?.id === undefined; // else the name is of somebody else than who acts
  const name = isNamed && typeof username === 'string' ? username : known;
  const wrong = {
    ...Object.fromEntries(others),
    ...(actionResult === undefined || isResult ? {} : { actionResult }),
    ...(severity === undefined || isSeverity ? {} : { severity }),
    ...unknown,
  };
  const kept = username === undefined || name === username ? wrong : { username, ...wrong };
  const actor = isKnown ? { type: 'user' as const, ...scope.actor, name } : name && { ...scope.actor, name };
  const session = sessionId === undefined ? undefined : { type: 'session', id: sessionId };
  const resource = isKnown ? { type: 'user', id: scope.actor?.id } : session;
  return {
    scope: actor ? { ...scope, actor } : scope,
    input: {
      outcome,
      severity: isSeverity ? severity : errorMessage === undefined ? undefined : 'error',
      error: errorMessage === undefined ? undefined : new Error(textOf(errorMessage)),
      resource,
      metadata: withMark(withBoth({}, kept), Object.keys(wrong)),
    },
  };
}

function textOf(message: unknown): string {
  return normalizeText(message, TEXT_LIMITS.message) ?? 'not a text';
}
