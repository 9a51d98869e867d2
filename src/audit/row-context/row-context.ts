import type { AuditedOperation } from '../capture/audited-operation.js';
import { givenReason } from '../capture/given-reason.js';
import { isOfTransactionAlone, type AuditScope, type ScopedOperation } from '../context/audit-scope.js';
import type { EventFactory } from '../event-factory.service.js';
import { buildContextFacts, type ContextFacts } from '../event/build-event.js';
import { mintEventId } from '../event/mint-event-id.js';

/** Who changes rows, and in what operation: what `audit_context()` returns in the database. */
export interface RowContext extends ContextFacts {
  readonly operation: {
    /** The operation's event has it as `metadata.operationId`. */
    readonly id: string;
    readonly action?: string;
  };
  /** Present within `AuditContext.ignore`: the event of the row change then holds no values. */
  readonly ignored?: true;
}

/** An application whose scopes row changes are made in. */
export interface RowContextSource {
  /** The modules of the application. */
  readonly modules: object;
  readonly events: EventFactory;
}

const live = new Set<RowContextSource>();

/** Makes an application known to its database clients, which are made before it. */
export function addRowContextSource(source: RowContextSource): void {
  live.add(source);
}

export function removeRowContextSource(source: RowContextSource): void {
  live.delete(source);
}

/** The context of what is done in `scope`; `undefined` where it belongs to no request and no job. */
export function rowContextOf(scope: AuditScope): RowContext | undefined {
  if (isOfTransactionAlone(scope)) return undefined;
  const operation = operationIn(scope);
  const audited = operation.audited as AuditedOperation | undefined; // set by claimCall and openCall alone
  const [entry] = audited?.entries ?? [];
  const annotation = audited?.scope.annotation ?? (scope.annotated ?? scope).annotation;
  const reason = annotation?.reason ?? (audited && givenReason(audited));
  const given = entry ? { name: entry.name, privacy: entry.options, reason } : { reason };
  const source = sourceOf(scope);
  const { action, ...facts } = source ? source.events.contextOf(scope, given) : withoutApplication(scope, reason);
  operation.id ??= mintEventId();
  return {
    ...facts,
    operation: action === undefined ? { id: operation.id } : { id: operation.id, action },
    ...(scope.ignored?.isOn === true && { ignored: true }),
  };
}

function sourceOf({ application }: AuditScope): RowContextSource | undefined {
  const all = [...live];
  return all.find(({ modules }) => modules === application) ?? all.at(-1);
}

/** A script's, which has no audit module. */
function withoutApplication(scope: AuditScope, reason: unknown): ContextFacts & { readonly action?: string } {
  const { actor, tenantId, onBehalfOf, requestId: id, ip, userAgent, traceId } = scope;
  const acting = onBehalfOf && !actor?.onBehalfOf ? { ...actor, onBehalfOf } : actor;
  return buildContextFacts({ actor: acting, tenantId, request: { id, ip, userAgent, traceId } }, reason);
}

/** The operation of a scope; of one without it, all that it is a part of share a new one. */
function operationIn(scope: AuditScope): ScopedOperation {
  if (scope.operation) return scope.operation;
  const operation: ScopedOperation = {};
  for (let each: AuditScope | undefined = scope; each && !each.operation; each = each.outer) each.operation = operation;
  return operation;
}
