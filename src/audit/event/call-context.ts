import type { AuditActorInput, AuditInput } from './audit-input.js';
import { inCamelCase, type EitherCase } from './either-case.js';
import { normalizeIp } from './normalize-ip.js';
import { normalizeText, TEXT_LIMITS } from './normalize-text.js';

/** An id, as callers have it. */
export type CallId = string | number;

/** What is said of the request and the resource in one object, instead of in the scope and the input. */
interface CallContextFields {
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

/** What a call says of the whole operation. */
export interface CallScope {
  actor?: AuditActorInput;
  tenantId?: string;
  ip?: string;
  userAgent?: string;
  requestId?: string;
}

/** A call's words in ours. */
export interface TranslatedCall {
  /** What overrides the current scope for this event. */
  readonly scope: CallScope;
  readonly input: Pick<AuditInput, 'resource' | 'changes' | 'metadata'>;
  /** Fields of the context that have no place of their own. */
  readonly others: Readonly<Record<string, unknown>>;
  /** Fields that cannot stand in their place: `record()` keeps and marks them, as fields of the input. */
  readonly unfit: Readonly<Record<string, unknown>>;
}

/**
 * Translates a context; what `direct` says outside of it wins, and what the context says otherwise is among the others. What neither
 * says comes from the current scope.
 *
 * @param current who acts by the current scope: a session without a user is that actor's
 */
export function translateCall(context: unknown, direct: object, current?: AuditActorInput): TranslatedCall {
  const inContext = inCamelCase(context);
  const said = inCamelCase(direct);
  const { metadata, beforeState, afterState, changes, ...rest } = { ...inContext, ...said };
  const placeless = Object.entries(rest).filter(([name]) => !Object.hasOwn(PLACES, name));
  const others: Record<string, unknown> = { ...Object.fromEntries(placeless), ...contradicted(inContext, said) };
  const unfit: Record<string, unknown> = {};
  const take = (name: keyof typeof PLACES): unknown => {
    const value = rest[name];
    if (value === undefined || PLACES[name](value)) return value;
    unfit[name] = value;
    return undefined;
  };
  const [userId, sessionId, resourceId] = [take('userId'), take('sessionId'), take('resourceId')];
  // The session of somebody else than the actor is not the actor's.
  const isOthers = userId === undefined ? isOther(current?.sessionId, sessionId) : unfit.userId !== undefined;
  const isBeside = isOthers && said.sessionId === undefined && sessionId !== undefined;
  if (isBeside) others.sessionId = sessionId;
  const session = isBeside ? undefined : sessionId;
  const resource = withoutUndefined({ type: take('resourceType'), id: resourceId });
  const isPresent = [beforeState, afterState, changes].some((state) => state !== undefined);
  return {
    scope: withoutUndefined({
      actor: userId === undefined ? session && { ...current, sessionId: session } : { id: userId, sessionId: session },
      tenantId: take('companyId'),
      ip: take('ipAddress'),
      userAgent: take('userAgent'),
      requestId: take('requestId'),
    }),
    input: withoutUndefined({
      resource: Object.keys(resource).length === 0 ? undefined : resource,
      changes: isPresent ? { before: beforeState, after: afterState, diff: changes } : undefined,
      metadata: asFields(metadata, 'metadata'),
    }),
    others,
    unfit,
  };
}

/** Fields as they are; anything else under `name`. */
export function asFields(value: unknown, name: string): Readonly<Record<string, unknown>> {
  if (value === undefined || value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) return { [name]: value };
  return value as Readonly<Record<string, unknown>>; // an object, of any fields
}

/** Whether a value has a text form that says all of it: that of a list does not. */
export const isText = (value: unknown): boolean =>
  typeof value === 'string'
    ? value !== ''
    : !Array.isArray(value) && normalizeText(value, TEXT_LIMITS.userAgent) !== undefined;

/** The fields of a call that have a place of their own, and what can stand there. */
export const PLACES = {
  userId: isText,
  sessionId: isText,
  resourceId: isText,
  resourceType: isText,
  companyId: isText,
  ipAddress: (value: unknown): boolean => normalizeIp(value) !== undefined,
  userAgent: isText,
  requestId: isText,
} as const;

/** What the context says in other words than the call. */
function contradicted(
  inContext: Readonly<Record<string, unknown>>,
  said: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(inContext).filter(([name, value]) => isOther(said[name], value)));
}

function isOther(one: unknown, other: unknown): boolean {
  return one !== undefined && other !== undefined && !isSame(one, other);
}

/** Ids may be numbers here and texts there. */
function isSame(one: unknown, other: unknown): boolean {
  return one === other || (isText(one) && normalizeText(one, TEXT_LIMITS.id) === normalizeText(other, TEXT_LIMITS.id));
}

function withoutUndefined(fields: object): Record<string, never> {
  // Read as any record: the event builder takes whatever stands in a field.
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Record<string, never>;
}
