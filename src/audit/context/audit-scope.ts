import type { AuditActorInput } from '../event/audit-input.js';
import type { ScopeTransaction } from '../transaction/transaction-manager.js';
import { mergeFields } from '../event/merge-fields.js';
import type { IgnoredEvents } from './ignored-events.js';
import { mergeAnnotations, type AuditAnnotation } from './merge-annotations.js';

/** What is true of the whole operation. */
export interface AuditScopeValues {
  actor?: AuditActorInput;
  tenantId?: string;
  requestId?: string;
  /** `undefined` keeps it out of the operation's events, as `userAgent`. */
  ip?: string | undefined;
  userAgent?: string | undefined;
  traceId?: string;
  /** For whom the actor acts, when the actor itself does not say: an administrator who impersonates a user. */
  onBehalfOf?: NonNullable<AuditActorInput['onBehalfOf']>;
  /** On every event of the operation; fields of the event's own metadata win. What is set later is added field by field. */
  metadata?: Readonly<Record<string, unknown>>;
}

/** The call of an audited handler or method that a scope is for: its event is taken care of. */
export interface ScopedCall {
  /** What is going to be called. */
  readonly handler: unknown;
  /** Whether a framework calls it: then every call of it belongs to the operation, as when an interceptor tries again. */
  readonly byFramework: boolean;
  readonly noteArgs: (args: readonly unknown[]) => void;
  /** What is recorded of it: `AuditedOperation`, which knows of scopes. */
  readonly operation: object;
  /** On what and by which name it was called, once it was. */
  begun?: { readonly self: unknown; readonly key: string | symbol };
}

/** The operation that the row changes of a scope belong to. Its event and they name it by the same id. */
export interface ScopedOperation {
  /** Set when a context first names it. */
  id?: string;
  /** What is recorded of it: `AuditedOperation`, which knows of scopes. */
  readonly audited?: object;
}

/** An open scope: one request, job or script. Lives as long as the operation, in AsyncLocalStorage and on the request. */
export interface AuditScope extends AuditScopeValues {
  /** `performance.now()` when the operation began. */
  readonly startedAtMs: number;
  method?: string;
  /** What the client called the request, where that does not count. */
  clientRequestId?: string;
  /** The route's pattern (`/orders/:id`), read when needed, since a router sets it after the scope is opened. */
  route?: () => string | undefined;
  /** Whether the request came to its route: nothing before it answered. */
  isAtRoute?: boolean;
  /** Where guards leave the authenticated user: the framework's request, a WebSocket client, a message's context. */
  httpRequest?: object;
  /** Who acted when the handler was called: it may log them out. */
  acting?: AuditActorInput | undefined;
  annotation?: AuditAnnotation;
  call?: ScopedCall;
  operation?: ScopedOperation;
  /** The scope that this one is a part of: what is set here holds there, too. */
  outer?: AuditScope;
  /** The modules of the application that the operation runs in. */
  application?: object;
  /** The transaction that `record()` joins here. */
  transaction?: ScopeTransaction;
  /** The scope that annotations made here belong to, where it is not this one. */
  annotated?: AuditScope;
  /** What is to happen here without being recorded. */
  ignored?: IgnoredEvents;
}

/** Opens a scope with nothing but `values` in it. */
export function openScope(values: AuditScopeValues = {}): AuditScope {
  return { ...values, startedAtMs: performance.now() };
}

/** A scope for an audited call within `outer`: the same operation, but annotations of its own. */
export function nestScope(outer: AuditScope): AuditScope {
  const scope: AuditScope = { ...outer, outer };
  delete scope.annotation;
  delete scope.annotated;
  delete scope.call;
  return scope;
}

/** A scope for the work of a transaction within `outer`: the same operation, its annotations included. */
export function scopeInTransaction(outer: AuditScope | undefined, transaction: ScopeTransaction): AuditScope {
  return outer
    ? { ...outer, outer, annotated: outer.annotated ?? outer, transaction }
    : { ...openScope(), transaction };
}

/** A scope for work within `outer` whose events are only counted: the same operation, its annotations included. */
export function scopeIgnoring(outer: AuditScope | undefined, ignored: IgnoredEvents): AuditScope {
  return outer ? { ...outer, outer, annotated: outer.annotated ?? outer, ignored } : { ...openScope(), ignored };
}

/** Whether there is nothing in the scope but a transaction: it belongs to no request and no job. */
export function isOfTransactionAlone(scope: AuditScope): boolean {
  return scope.transaction !== undefined && Object.keys(scope).length === 2; // with the time of its beginning
}

/** A scope with `values`, for a part of the work of `current`: it inherits what they do not name, metadata field by field. */
export function openWithin(current: AuditScope | undefined, values: AuditScopeValues): AuditScope {
  const scope: AuditScope = { ...(current && nestScope(current)), ...openScope(values) };
  delete scope.outer; // what is set in there stays there
  if (current?.metadata) addMetadata(scope, current.metadata, values);
  return scope;
}

/** Sets values of the scope and of those that it is a part of. */
export function setInScope(scope: AuditScope, values: AuditScopeValues): void {
  for (let each: AuditScope | undefined = scope; each; each = each.outer) {
    const { metadata } = each;
    Object.assign(each, values);
    if (metadata) addMetadata(each, metadata, values);
  }
}

function addMetadata(scope: AuditScope, before: object, { metadata = {} }: AuditScopeValues): void {
  scope.metadata = mergeFields(before, metadata) as Readonly<Record<string, unknown>>; // the builder takes whatever it is
}

/** Merges `addition` into the scope's annotation; details and metadata are merged field by field, the rest replaced. */
export function annotateScope(scope: AuditScope, addition: AuditAnnotation): void {
  const target = scope.annotated ?? scope;
  target.annotation = mergeAnnotations(target.annotation ?? {}, addition);
}
