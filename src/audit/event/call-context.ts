import type { AuditActorInput, AuditInput } from './audit-input.js';
import { inCamelCase, type EitherCase } from './either-case.js';
import { normalizeIp } from './normalize-ip.js';
import { normalizeText, TEXT_LIMITS } from './normalize-text.js';

/** An id in a caller's form. */
export type CallId = string | number;

/** The fields of the request and the resource that some callers give in one object, instead of in the scope and the input. */
interface CallContextFields {
  readonly userId?: CallId | undefined;
  readonly sessionId?: string | undefined;
  readonly ipAddress?: string | undefined;
  readonly userAgent?: string | undefined;
  readonly requestId?: string | undefined;
  /** The company that the data belongs to: the event's tenant. */
  readonly companyId?: CallId | undefined;
  readonly resourceType?: string | undefined;
  readonly resourceId?: CallId | undefined;
  readonly beforeState?: unknown;
  readonly afterState?: unknown;
  readonly changes?: unknown;
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
}

/** {@link CallContextFields} in snake_case or camelCase. Fields with other names are kept, in camelCase. */
export type CallContext = EitherCase<CallContextFields> & Readonly<Record<string, unknown>>;

/** The values of a call that apply to the whole operation. */
export interface CallScope {
  actor?: AuditActorInput;
  tenantId?: string;
  ip?: string;
  userAgent?: string;
  requestId?: string;
}

/** A call, translated to the library's fields. */
export interface TranslatedCall {
  /** The values that override the current scope for this event. */
  readonly scope: CallScope;
  readonly input: Pick<AuditInput, 'resource' | 'changes' | 'metadata'>;
  /** Fields of the context without a place of their own. */
  readonly others: Readonly<Record<string, unknown>>;
  /** Fields with a value that does not fit in their place: `record()` keeps and marks them, like fields of the input. */
  readonly unfit: Readonly<Record<string, unknown>>;
}

/**
 * Translates a context. Values of `direct` take precedence; the context's different ones go to `others`. Missing values come from the
 * current scope.
 *
 * @param current the actor of the current scope: a session without a user belongs to that actor
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
  // A session of somebody else does not belong to the actor.
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

/** Returns an object as it is; any other value as a field with that name. */
export function asFields(value: unknown, name: string): Readonly<Record<string, unknown>> {
  if (value === undefined || value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) return { [name]: value };
  return value as Readonly<Record<string, unknown>>; // an object with any fields
}

/** Whether a value has a text form that keeps all of it; that of a list does not. */
export const isText = (value: unknown): boolean =>
  typeof value === 'string'
    ? value !== ''
    : !Array.isArray(value) && normalizeText(value, TEXT_LIMITS.userAgent) !== undefined;

/** The fields of a call with a place of their own, and a test of their values. */
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

function contradicted(
  inContext: Readonly<Record<string, unknown>>,
  said: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(inContext).filter(([name, value]) => isOther(said[name], value)));
}

function isOther(one: unknown, other: unknown): boolean {
  return one !== undefined && other !== undefined && !isSame(one, other);
}

/** Compares ids, which may be a number in one place and a text in the other. */
function isSame(one: unknown, other: unknown): boolean {
  return one === other || (isText(one) && normalizeText(one, TEXT_LIMITS.id) === normalizeText(other, TEXT_LIMITS.id));
}

function withoutUndefined(fields: object): Record<string, never> {
  // Typed as any record: the event builder accepts any value in a field.
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Record<string, never>;
}
