import type { AuditActorInput, AuditInput } from '../event/audit-input.js';
import type { ScopeTransaction } from '../transaction/transaction-manager.js';
import { mergeFields } from '../event/merge-fields.js';
import { readFieldSafely, readSafely } from '../event/read-safely.js';
import type { IgnoredEvents } from './ignored-events.js';

const ANNOTATED = ['outcome', 'severity', 'resource', 'changes', 'reason', 'details', 'metadata'] as const;

/** The fields that a handler, a service or a guard adds to the event that `@Audited` will record for the operation. */
export type AuditAnnotation = Pick<AuditInput, (typeof ANNOTATED)[number]>;

/** Values that hold for the whole operation. */
export interface AuditScopeValues {
  actor?: AuditActorInput;
  tenantId?: string;
  requestId?: string;
  /** `undefined` keeps it out of the operation's events; so it does for `userAgent`. */
  ip?: string | undefined;
  userAgent?: string | undefined;
  traceId?: string;
  /** The person for whom the actor acts, if the actor does not name one: an administrator who impersonates a user. */
  onBehalfOf?: NonNullable<AuditActorInput['onBehalfOf']>;
  /** Fields for every event of the operation; those of the event itself win. Later values are merged field by field. */
  metadata?: Readonly<Record<string, unknown>>;
}

/** The call of an audited handler or method that a scope is for; its event is recorded by the operation. */
export interface ScopedCall {
  readonly handler: unknown;
  /** Whether a framework calls it: then each call of it belongs to the operation, even if an interceptor retries. */
  readonly byFramework: boolean;
  readonly noteArgs: (args: readonly unknown[]) => void;
  /** The operation that records it: `AuditedOperation`, typed as `object` because that imports this file. */
  readonly operation: object;
  /** The object and the name that it was called by, once it was called. */
  begun?: { readonly self: unknown; readonly key: string | symbol };
}

/** The operation that a scope's row changes belong to. They and the operation's event share its id. */
export interface ScopedOperation {
  /** The id; set when a context first needs it. */
  id?: string;
  /** The operation that records it: `AuditedOperation`, typed as `object` because that imports this file. */
  readonly audited?: object;
}

/** An open scope: one request, job or script. Lives as long as the operation, in AsyncLocalStorage and on the request. */
export interface AuditScope extends AuditScopeValues {
  /** `performance.now()` when the operation began. */
  readonly startedAtMs: number;
  method?: string;
  /** The client's id for the request, if it is not used as the request's id. */
  clientRequestId?: string;
  /** The route's pattern (`/orders/:id`), read when needed, since a router sets it after the scope is opened. */
  route?: () => string | undefined;
  /** Whether the request reached its route: nothing before it answered. */
  isAtRoute?: boolean;
  /** The object on which guards put the authenticated user: the framework's request, a WebSocket client, a message's context. */
  httpRequest?: object;
  /** The actor when the handler was called: the handler may log them out. */
  acting?: AuditActorInput | undefined;
  annotation?: AuditAnnotation;
  call?: ScopedCall;
  operation?: ScopedOperation;
  /** The scope that this one is a part of: values that are set here apply there, too. */
  outer?: AuditScope;
  /** The modules of the application that the operation runs in. */
  application?: object;
  transaction?: ScopeTransaction;
  /** The scope that annotations made here belong to, where it is not this one. */
  annotated?: AuditScope;
  ignored?: IgnoredEvents;
}

/** Opens a scope that holds nothing but `values`. */
export function openScope(values: AuditScopeValues = {}): AuditScope {
  return { ...values, startedAtMs: performance.now() };
}

/** Opens a scope for an audited call within `outer`: the same operation, but its own annotations. */
export function nestScope(outer: AuditScope): AuditScope {
  const scope: AuditScope = { ...outer, outer };
  delete scope.annotation;
  delete scope.annotated;
  delete scope.call;
  return scope;
}

/** Opens a scope for work within `outer` that is in a transaction, or is ignored: the same operation, with its annotations. */
export function scopeWith(
  more: Pick<AuditScope, 'transaction' | 'ignored'>,
  outer: AuditScope | undefined,
): AuditScope {
  return outer ? { ...outer, outer, annotated: outer.annotated ?? outer, ...more } : { ...openScope(), ...more };
}

/** Whether the scope holds nothing but a transaction, so that it belongs to no request and no job. */
export function isOfTransactionAlone(scope: AuditScope): boolean {
  return scope.transaction !== undefined && Object.keys(scope).length === 2; // the transaction and the start time
}

/** Opens a scope with `values` for a part of the work of `current`. It inherits the values that are not given, metadata field by field. */
export function openWithin(current: AuditScope | undefined, values: AuditScopeValues): AuditScope {
  const scope: AuditScope = { ...(current && nestScope(current)), ...openScope(values) };
  delete scope.outer; // values that are set inside stay inside
  if (current?.metadata) addMetadata(scope, current.metadata, values);
  return scope;
}

/** Sets values of the scope and of the outer scopes that it is a part of. */
export function setInScope(scope: AuditScope, values: AuditScopeValues): void {
  for (let each: AuditScope | undefined = scope; each; each = each.outer) {
    const { metadata } = each;
    Object.assign(each, values);
    if (metadata) addMetadata(each, metadata, values);
  }
}

function addMetadata(scope: AuditScope, before: object, { metadata = {} }: AuditScopeValues): void {
  scope.metadata = mergeFields(before, metadata) as Readonly<Record<string, unknown>>; // the event builder accepts any value
}

/** Merges `addition` into the scope's annotation: details and metadata field by field; other fields are replaced. */
export function annotateScope(scope: AuditScope, addition: AuditAnnotation): void {
  const target = scope.annotated ?? scope;
  target.annotation = mergeAnnotations(target.annotation ?? {}, addition);
}

/**
 * Merges `second` over `first`: details and metadata field by field; other fields are replaced. Never throws: unreadable fields are left
 * out, since an annotation must cost neither the event nor the operation.
 */
export function mergeAnnotations<First extends AuditAnnotation>(first: First, second: AuditAnnotation): First {
  const merged: First = { ...first };
  for (const name of ANNOTATED) {
    const value = readFieldSafely(second, name);
    if (value === undefined) continue;
    const isMerged = name === 'details' || name === 'metadata';
    Object.assign(merged, { [name]: isMerged ? mergeFields(first[name], value) : value });
  }
  for (const name of readSafely(() => Object.keys(second)) ?? []) {
    if (!(ANNOTATED as readonly string[]).includes(name))
      Object.assign(merged, { [name]: readFieldSafely(second, name) });
  }
  return merged;
}
