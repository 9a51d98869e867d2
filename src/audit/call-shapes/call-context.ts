import type { AuditScopeValues } from '../context/audit-scope.js';
import type { AuditInput } from '../event/audit-input.js';
import { inCamelCase, type EitherCase } from './either-case.js';

/** An id, as callers have it. */
export type CallId = string | number;

/** What is said of the request and the resource in one object, instead of in the scope and the input. */
export interface CallContextFields {
  readonly userId?: CallId | undefined;
  readonly sessionId?: string | undefined;
  readonly ipAddress?: string | undefined;
  readonly userAgent?: string | undefined;
  readonly requestId?: string | undefined;
  /** Whose data it is: the event's tenant. */
  readonly companyId?: CallId | undefined;
  readonly resourceType?: string | undefined;
  readonly resourceId?: CallId | undefined;
  readonly beforeState?: unknown;
  readonly afterState?: unknown;
  readonly changes?: unknown;
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
}

/** The same, in snake_case or camelCase. Fields of other names are kept, in camelCase. */
export type CallContext = EitherCase<CallContextFields> & Readonly<Record<string, unknown>>;

/** A call's words in ours. */
export interface TranslatedCall {
  /** What overrides the current scope for this event. */
  readonly scope: AuditScopeValues;
  readonly input: Pick<AuditInput, 'resource' | 'changes' | 'metadata'>;
  /** Fields of the context that have no place of their own. */
  readonly others: Readonly<Record<string, unknown>>;
}

/** Translates a context; what `direct` says outside of it wins. What neither says comes from the current scope. */
export function translateCall(context: CallContext | undefined, direct: CallContextFields): TranslatedCall {
  const given = { ...inCamelCase(context), ...inCamelCase(withoutUndefined(direct)) };
  const { userId, sessionId, ipAddress, userAgent, requestId, companyId, ...rest } = given;
  const { resourceType, resourceId, beforeState, afterState, changes, metadata, ...others } = rest;
  const isPresent = [beforeState, afterState, changes].some((state) => state !== undefined);
  return {
    scope: withoutUndefined({
      actor: userId === undefined ? undefined : { id: userId, sessionId },
      tenantId: companyId,
      ip: ipAddress,
      userAgent,
      requestId,
    }),
    input: withoutUndefined({
      resource: resourceType === undefined ? undefined : { type: resourceType, id: resourceId },
      changes: isPresent ? { before: beforeState, after: afterState, diff: changes } : undefined,
      metadata: withoutUndefined({ ...objectOf(metadata), sessionId: userId === undefined ? sessionId : undefined }),
    }),
    others,
  };
}

function objectOf(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {};
}

function withoutUndefined(fields: object): Record<string, never> {
  // Read as any record: the event builder takes whatever stands in a field.
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Record<string, never>;
}
