import type { AuditActorInput, AuditInput } from '../event/audit-input.js';

/** What a handler, a service or a guard adds to the event that `@Audited` will record for this operation. */
export type AuditAnnotation = Pick<
  AuditInput,
  'outcome' | 'severity' | 'resource' | 'changes' | 'reason' | 'details' | 'metadata'
>;

/** What is true of the whole operation. */
export interface AuditScopeValues {
  actor?: AuditActorInput;
  tenantId?: string;
  requestId?: string;
  ip?: string;
  userAgent?: string;
  traceId?: string;
}

/** An open scope: one request, job or script. Lives as long as the operation, in AsyncLocalStorage and on the request. */
export interface AuditScope extends AuditScopeValues {
  /** `performance.now()` when the operation began. */
  readonly startedAtMs: number;
  method?: string;
  /** The route's pattern (`/orders/:id`), read when needed, since a router sets it after the scope is opened. */
  route?: () => string | undefined;
  /** The framework's request, on which guards leave the authenticated user. */
  httpRequest?: object;
  annotation?: AuditAnnotation;
}

/** Opens a scope with nothing but `values` in it. */
export function openScope(values: AuditScopeValues = {}): AuditScope {
  return { ...values, startedAtMs: performance.now() };
}

/** Merges `addition` into the scope's annotation; details and metadata are merged field by field, the rest replaced. */
export function annotateScope(scope: AuditScope, addition: AuditAnnotation): void {
  const { annotation } = scope;
  scope.annotation = annotation ? mergeAnnotations(annotation, addition) : addition;
}

/** `second` over `first`, as far as it says anything. */
export function mergeAnnotations<First extends AuditAnnotation>(first: First, second: AuditAnnotation): First {
  const merged: First = { ...first };
  for (const [name, value] of Object.entries(second)) {
    if (value !== undefined) Object.assign(merged, { [name]: value });
  }
  if (first.details && second.details) Object.assign(merged, { details: { ...first.details, ...second.details } });
  if (first.metadata && second.metadata) Object.assign(merged, { metadata: { ...first.metadata, ...second.metadata } });
  return merged;
}
