import type { AuditActorInput, AuditInput } from './audit-input.js';
import { toCamelCaseKeys, type EitherCase } from './key-case.js';
import { definedFields } from './merge-fields.js';
import { normalizeIp } from './normalize-ip.js';
import { normalizeId, normalizeText, TEXT_LIMITS } from './normalize-text.js';
import { REQUEST_ROWS, type CalledRequest, type ScopedRequest } from '../../base/event/request-fields.js';

export type CallId = string | number;

/** The fields of the request and the resource in one object, for callers that do not use the scope. */
export interface CallContextFields extends CalledRequest {
  /** The actor's id. */
  readonly userId?: CallId | undefined;
  readonly sessionId?: string | undefined;
  /** The company that the data belongs to: the event's tenant. */
  readonly companyId?: CallId | undefined;
  readonly resourceType?: string | undefined;
  /** Without a `resourceType`, the resource's type is `unknown`. */
  readonly resourceId?: CallId | undefined;
  /** The resource's name as people know it. */
  readonly resourceName?: string | undefined;
  readonly beforeState?: unknown;
  readonly afterState?: unknown;
  readonly changes?: unknown;
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
}

/** {@link CallContextFields} in snake_case or camelCase. Other fields are stored in camelCase. */
export type CallContext = EitherCase<CallContextFields> & Readonly<Record<string, unknown>>;

export interface CallScope extends ScopedRequest {
  actor?: AuditActorInput;
  tenantId?: string;
}

export interface TranslatedCall {
  /** The values that override the current scope for this event. */
  readonly scope: CallScope;
  readonly input: Pick<AuditInput, 'resource' | 'changes' | 'metadata'>;
  readonly others: Readonly<Record<string, unknown>>;
  /** The fields with an invalid value. `record()` stores these fields in the metadata, and lists their names in `metadata.unfitFields`. */
  readonly unfit: Readonly<Record<string, unknown>>;
}

/**
 * Translates a context. Values of `direct` take precedence over those of `context`. If the two differ, `others` has the value of
 * `context`. Missing values come from the current scope.
 *
 * @param current the actor of the current scope, to whom a session without a user belongs
 */
export function translateCall(context: unknown, direct: object, current?: AuditActorInput): TranslatedCall {
  const inContext = toCamelCaseKeys(context);
  const input = toCamelCaseKeys(direct);
  const { metadata, beforeState, afterState, changes, ...rest } = { ...inContext, ...input };
  const further = Object.entries(rest).filter(([name]) => !Object.hasOwn(CALL_FIELDS, name));
  const others: Record<string, unknown> = { ...Object.fromEntries(further), ...findContradictions(inContext, input) };
  const unfit: Record<string, unknown> = {};
  const take = (name: keyof typeof CALL_FIELDS): unknown => {
    const value = rest[name];
    if (value === undefined || CALL_FIELDS[name](value)) return value;
    unfit[name] = value;
    return undefined;
  };
  const [userId, sessionId, resourceId] = [take('userId'), take('sessionId'), take('resourceId')];
  // The session may belong to another person than the actor.
  const isOthers = userId === undefined ? isOther(current?.sessionId, sessionId) : unfit.userId !== undefined;
  const isBeside = isOthers && input.sessionId === undefined && sessionId !== undefined;
  if (isBeside) others.sessionId = sessionId;
  const session = isBeside ? undefined : sessionId;
  const resource = omitUndefined({ type: take('resourceType'), id: resourceId, name: take('resourceName') });
  const isPresent = [beforeState, afterState, changes].some((state) => state !== undefined);
  return {
    scope: omitUndefined({
      actor: userId === undefined ? session && { ...current, sessionId: session } : { id: userId, sessionId: session },
      tenantId: take('companyId'),
      ...Object.fromEntries(REQUEST_ROWS.flatMap(({ scope, call }) => (scope && call ? [[scope, take(call)]] : []))),
    }),
    input: omitUndefined({
      resource: Object.keys(resource).length === 0 ? undefined : resource,
      changes: isPresent ? { before: beforeState, after: afterState, diff: changes } : undefined,
      metadata: toFields(metadata, 'metadata'),
    }),
    others,
    unfit,
  };
}

/** Returns an object unchanged, and any other value as a field with this name. */
export function toFields(value: unknown, name: string): Readonly<Record<string, unknown>> {
  if (value === undefined || value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) return { [name]: value };
  return value as Readonly<Record<string, unknown>>; // the object may have any fields
}

/** Whether a value can be converted to a text without loss, unlike an array. */
export const isText = (value: unknown): boolean =>
  typeof value === 'string'
    ? value !== ''
    : !Array.isArray(value) && normalizeText(value, TEXT_LIMITS.name) !== undefined;

const isIp = (value: unknown): boolean => normalizeIp(value) !== undefined;

export const CALL_FIELDS = {
  ...{
    userId: isText,
    sessionId: isText,
    resourceId: isText,
    resourceType: isText,
    resourceName: isText,
    companyId: isText,
  },
  ...(Object.fromEntries(
    REQUEST_ROWS.flatMap(({ call, kind }) => (call ? [[call, kind === 'inet' ? isIp : isText]] : [])),
  ) as Readonly<Record<keyof CalledRequest, typeof isText>>),
};

function findContradictions(
  inContext: Readonly<Record<string, unknown>>,
  input: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(inContext).filter(([name, value]) => isOther(input[name], value)));
}

function isOther(one: unknown, other: unknown): boolean {
  return one !== undefined && other !== undefined && !isSame(one, other);
}

function isSame(one: unknown, other: unknown): boolean {
  return one === other || (isText(one) && normalizeId(one) === normalizeId(other));
}

function omitUndefined(fields: object): Record<string, never> {
  return definedFields(fields) as Record<string, never>; // the event builder accepts any value in a field
}
