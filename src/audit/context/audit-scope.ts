import { types } from 'node:util';
import { setImmediate } from '../../base/timers.js';
import type { AuditActorInput, AuditInput } from '../event/audit-input.js';
import type { OpenTransaction, ScopeTransaction } from '../transaction/transaction-manager.js';
import { definedFields, mergeFields } from '../event/merge-fields.js';
import { isThenable, readFieldSafely, readSafely } from '../../base/read-safely.js';
import { REQUEST_ROWS, type ScopedRequest } from '../../base/event/request-fields.js';
import type { ScopedCredential } from './request-credential.js';
import type { IgnoredEvents } from './ignored-events.js';
import { auditErrors } from '../errors/audit.errors.js';
import { findUnknownOptions } from '../errors/unknown-options.js';

const ANNOTATION_KEYS = [
  'outcome',
  'severity',
  'resource',
  'related',
  'changes',
  'reason',
  'details',
  'metadata',
] as const;

/** The fields that a handler, a service or a guard adds to the event that `@Audited` will record for the operation. */
export type AuditAnnotation = Pick<AuditInput, (typeof ANNOTATION_KEYS)[number]>;

export interface AuditScopeValues extends ScopedRequest {
  actor?: AuditActorInput;
  tenantId?: string;
  /** The person for whom the actor acts, for example an impersonated user. The actor's own `onBehalfOf` takes precedence. */
  onBehalfOf?: NonNullable<AuditActorInput['onBehalfOf']>;
  /** Fields for the metadata of every event. The event's own metadata take precedence. Later values are merged field by field. */
  metadata?: Readonly<Record<string, unknown>>;
}

/** The call of an audited handler or method. The operation records the event of the call. */
export interface ScopedCall {
  readonly handler: unknown;
  /** Whether a framework calls the handler. If so, each call belongs to the operation, even a retry by an interceptor. */
  readonly byFramework: boolean;
  readonly recordArgs: (args: readonly unknown[]) => void;
  /** The `AuditedOperation` that records the call, typed as `object` because AuditedOperation imports this file. */
  readonly operation: object;
  /** The object and the name of the called method; set when the call begins. */
  startedCall?: { readonly self: unknown; readonly key: string | symbol };
}

/** Who is signed in on a request. */
export interface SignedIn {
  readonly actor: AuditActorInput | undefined;
  readonly tenantId: string | undefined;
  readonly credential: ScopedCredential | undefined;
}

/** The operation that a scope's row changes belong to. The row changes and the operation's event share the id. */
export interface ScopedOperation {
  /** The id; set when it is first needed for row changes. */
  id?: string;
  /** The `AuditedOperation`, typed as `object` because AuditedOperation imports this file. */
  readonly audited?: object;
  hasCommitted?: boolean;
  /** The error with which the operation's last failed transaction was rolled back. */
  undoneBy?: unknown;
}

/** Notes the end of a transaction in the operation of the scope, and in all outer operations. */
export function noteTransactionEnd(
  scope: AuditScope | undefined,
  end: Pick<ScopedOperation, 'hasCommitted' | 'undoneBy'>,
): void {
  for (let each = scope; each; each = each.outer) if (each.operation) Object.assign(each.operation, end);
}

/** How long a scope lasts. What its code starts, such as a timer or a worker, may run later, and then does not belong to the scope. */
export class ScopeLife {
  /** The response, and the calls of handlers, that have not ended. */
  private parts = 1;
  private around: ScopeLife | undefined;

  get isOver(): boolean {
    return this.parts <= 0 || this.around?.isOver === true;
  }

  join(): void {
    this.parts++;
  }

  /** Ends a part in the next turn of the event loop: the part's own listeners and filters run before. */
  readonly leave = (): void => void setImmediate(() => this.parts--);

  readonly end = (): void => void (this.parts = 0);

  /**
   * Ends with the promise. Other work that `outer` calls, such as the next middleware, may still run, so it ends with `outer`. Nothing tells the
   * end of a query builder, such as Knex's, because `then` would run it once more.
   */
  endWith(returned: unknown, outer: AuditScope | undefined): void {
    if (types.isPromise(returned)) returned.then(this.end, this.end);
    else if (outer && outer.isLate !== true) this.around = outer.life;
    else if (!isThenable(returned)) this.end();
  }
}

/** The scope of one request, job or script, in AsyncLocalStorage and on the request. */
export interface AuditScope extends AuditScopeValues {
  life?: ScopeLife | undefined;
  /** Whether this is the rest of a scope that has ended: see {@link inheritScope}. */
  isLate?: boolean;
  /** `performance.now()` when the operation began. */
  readonly startedAtMs: number;
  method?: string;
  /** The request id that the client sent, if the library uses another id. */
  clientRequestId?: string;
  /** Returns the route's pattern (`/orders/:id`), which a router sets after the scope is opened. */
  route?: () => string | undefined;
  isAtRoute?: boolean;
  /** The object with the authenticated user: the framework's request, a WebSocket client, or a message's context. */
  httpRequest?: object;
  /** Who was signed in on `httpRequest` at the start of the handler. Kept because the handler, or another message, may change the user. */
  acting?: SignedIn;
  /** Whether later messages have the same `httpRequest`, as with a WebSocket client. */
  isShared?: boolean;
  annotation?: AuditAnnotation;
  call?: ScopedCall;
  operation?: ScopedOperation;
  /** The scope around this scope. Values that are set in this scope also apply to the outer scope. */
  outer?: AuditScope;
  /** The modules of the application that the operation runs in. */
  application?: object;
  transaction?: ScopeTransaction | undefined;
  /** The transaction that the option `transactions` began. An inner transaction of TypeORM takes precedence. */
  openTransaction?: OpenTransaction;
  /** The scope that gets the annotations of this scope; missing if this scope gets its own annotations. */
  annotated?: AuditScope;
  ignored?: IgnoredEvents;
}

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

/** Opens a scope within `outer` for a transaction or for ignored work: the same operation, with the same annotations. */
export function extendScope(
  more: Pick<AuditScope, 'transaction' | 'openTransaction' | 'ignored'>,
  outer: AuditScope | undefined,
): AuditScope {
  const life = outer?.life ?? new ScopeLife();
  return { ...(outer ? { ...outer, outer, annotated: outer.annotated ?? outer } : openScope()), life, ...more };
}

/** Returns what later code gets of a scope that has ended: open transactions, and the id of the request as the cause. */
export function inheritScope({
  requestId,
  metadata,
  application,
  transaction,
  openTransaction,
  ignored,
}: AuditScope): AuditScope {
  const causedBy = requestId ?? metadata?.causedBy;
  const values = causedBy === undefined ? {} : { metadata: { causedBy } };
  return {
    ...openScope(values),
    isLate: true,
    ...definedFields({ application, transaction, openTransaction, ignored }),
  };
}

/** Whether the scope belongs to no request or job: it contains only a transaction, or the request has ended. */
export function isAnonymousScope(scope: AuditScope): boolean {
  if (scope.isLate === true) return true;
  return (scope.transaction ?? scope.openTransaction) !== undefined && Object.keys(scope).length === 3; // the transaction, the start time and the life
}

const VALUES = ['actor', 'tenantId', 'onBehalfOf', 'metadata', ...REQUEST_ROWS.flatMap(({ scope }) => scope ?? [])];

/** Returns a copy of the values, without the scope's other fields. */
export function copyValues(scope: AuditScope): AuditScopeValues {
  return Object.fromEntries(VALUES.filter((name) => name in scope).map((name) => [name, Reflect.get(scope, name)]));
}

/** @throws `AUDIT_OPTIONS_INVALID` for a name that has no effect, such as `tenant` */
export function checkValues(values: AuditScopeValues): void {
  const problems = findUnknownOptions(values, Object.fromEntries(VALUES.map((name) => [name, true])));
  if (problems.length > 0)
    throw auditErrors.AUDIT_OPTIONS_INVALID(problems, undefined, 'set values of the audit scope');
}

/** Opens the scope of a job with `values`. The job gets of `current` what later code would get: see {@link inheritScope}. */
export function openNestedScope(current: AuditScope | undefined, values: AuditScopeValues): AuditScope {
  const isSame = values.requestId !== undefined && values.requestId === current?.requestId; // the request itself, by its values
  const rest = current && inheritScope(current);
  const scope: AuditScope = { ...rest, ...openScope(values), isLate: false, life: new ScopeLife() };
  if (rest?.metadata && !isSame) addMetadata(scope, rest.metadata, values);
  return scope;
}

/** Sets values of the scope and of all outer scopes. */
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

/** Merges `addition` into the scope's annotation, like {@link mergeAnnotations}. */
export function annotateScope(scope: AuditScope, addition: AuditAnnotation): void {
  const target = scope.annotated ?? scope;
  target.annotation = mergeAnnotations(target.annotation ?? {}, addition);
}

/**
 * Merges two annotations; `second` takes precedence. Details and metadata are merged field by field; other fields are replaced. Never
 * throws: unreadable fields are left out, since an annotation must not fail the event or the operation.
 */
export function mergeAnnotations<First extends AuditAnnotation>(first: First, second: AuditAnnotation): First {
  const merged: First = { ...first };
  for (const name of ANNOTATION_KEYS) {
    const value = readFieldSafely(second, name);
    if (value === undefined) continue;
    const isMerged = name === 'details' || name === 'metadata';
    Object.assign(merged, { [name]: isMerged ? mergeFields(first[name], value) : value });
  }
  for (const name of readSafely(() => Object.keys(second)) ?? []) {
    if (!(ANNOTATION_KEYS as readonly string[]).includes(name))
      Object.assign(merged, { [name]: readFieldSafely(second, name) });
  }
  return merged;
}
