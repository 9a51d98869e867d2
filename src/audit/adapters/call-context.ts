import type { AuditScopeValues } from '../context/audit-scope.js';
import type { AuditActorInput, AuditInput } from '../event/audit-input.js';
import { normalizeIp } from '../event/normalize-ip.js';
import { normalizeText, TEXT_LIMITS } from '../event/normalize-text.js';
import { inCamelCase, type EitherCase } from './either-case.js';

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

/** A call's words in ours. */
export interface TranslatedCall {
  /** What overrides the current scope for this event. */
  readonly scope: AuditScopeValues;
  readonly input: Pick<AuditInput, 'resource' | 'changes' | 'metadata'>;
  /** Fields of the context that have no place of their own, or cannot stand in it. */
  readonly others: Readonly<Record<string, unknown>>;
}

/** The type of a resource of which a call says the id alone. */
const UNKNOWN_RESOURCE = 'unknown';

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
  const unfit: string[] = [];
  const take = (name: keyof typeof PLACES): unknown => {
    const value = rest[name];
    if (value === undefined || PLACES[name](value)) return value;
    others[name] = value;
    unfit.push(name);
    return undefined;
  };
  const [userId, sessionId, resourceId] = [take('userId'), take('sessionId'), take('resourceId')];
  // The session of somebody else than the actor is not the actor's.
  const isOthers = userId === undefined ? isOther(current?.sessionId, sessionId) : others.userId !== undefined;
  const isBeside = isOthers && said.sessionId === undefined && sessionId !== undefined;
  if (isBeside) others.sessionId = sessionId;
  const session = isBeside ? undefined : sessionId;
  const resourceType = take('resourceType') ?? (resourceId === undefined ? undefined : UNKNOWN_RESOURCE);
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
      resource: resourceType === undefined ? undefined : { type: resourceType, id: resourceId },
      changes: isPresent ? { before: beforeState, after: afterState, diff: changes } : undefined,
      metadata: withMark(asFields(metadata, 'metadata'), unfit),
    }),
    others,
  };
}

/** `fields` with a list of the names that were given with what cannot stand in their place. */
export function withMark(
  fields: Readonly<Record<string, unknown>>,
  unfit: readonly string[],
): Readonly<Record<string, unknown>> {
  if (unfit.length === 0) return fields;
  const known = Array.isArray(fields.unfitFields) ? (fields.unfitFields as readonly unknown[]) : []; // any list
  return { ...fields, unfitFields: [...known, ...unfit] };
}

/** Fields as they are; anything else under `name`. */
export function asFields(value: unknown, name: string): Readonly<Record<string, unknown>> {
  if (value === undefined || value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) return { [name]: value };
  return value as Readonly<Record<string, unknown>>; // an object, of any fields
}

const isText = (value: unknown): boolean => normalizeText(value, TEXT_LIMITS.userAgent) !== undefined;

/** The fields that have a place of their own, and what can stand there. */
const PLACES = {
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
