import { isAnonymousScope, nestScope, openScope, ScopeLife, type AuditScope } from '../context/audit-scope.js';
import { readFieldSafely } from '../../base/read-safely.js';
import type { ReasonSource } from './audit-reason.decorator.js';
import type { AuditedEntry } from './audited-options.js';
import type { HandlerRun } from './handler-run.js';

type OperationPhase = 'refused' | 'guards' | 'handler' | 'settled';

/** One audited operation: a request, a message or a call. The events of the operation are made from these fields. */
export interface AuditedOperation extends ReasonSource {
  readonly scope: AuditScope;
  /** The life of the scope, if the operation opened it. */
  readonly life?: ScopeLife | undefined;
  readonly entries: readonly AuditedEntry[];
  /** Whether the number in an error's `code` is a gRPC status. */
  readonly isGrpc?: boolean;
  phase: OperationPhase;
  args: readonly unknown[];
  result?: unknown;
  /** The thrown value, within an object, since even `undefined` can be thrown. */
  thrown?: { readonly error: unknown } | undefined;
  /** Set if the application aborted the response: the client got nothing, or only a part of the response. */
  isBrokenOff?: true;
  /** Whether the handler, or the pipes and interceptors around it, started. */
  started?: boolean;
  /** The entries whose event is part of a committed transaction. These entries need no further event. */
  committed?: readonly AuditedEntry[];
  rolledBack?: boolean;
  /** The newest call of the handler; missing before the pipes. */
  run?: HandlerRun;
  /** Whether an interceptor or middleware responded while the handler ran. The handler's own end then decides the outcome. */
  isResponseEarly?: boolean;
  isClientDisconnected?: true;
  readonly statusCode?: () => number;
  /** The recording of the operation's events, started once. Rejects only with `AUDIT_UNAVAILABLE` or `AUDIT_OUTCOME_LOST`. */
  recording?: Promise<void>;
}

/**
 * Assigns the next call of `handler` in the scope to `operation`, which records the call. With `byFramework`, assigns every call of
 * `handler`, including retries.
 */
export function claimCall(operation: AuditedOperation, handler: unknown, byFramework: boolean): void {
  const { scope } = operation;
  scope.operation = { ...scope.operation, audited: operation };
  scope.call = {
    handler,
    byFramework,
    operation,
    recordArgs: (args) => {
      operation.args = args;
    },
  };
}

/** Opens the operation of a call. Outside of any request or job, the actor is the system. */
export function openCall(
  application: object,
  outer: AuditScope | undefined,
  entries: readonly AuditedEntry[],
  args: readonly unknown[],
): AuditedOperation {
  const life = !outer || isAnonymousScope(outer) ? new ScopeLife() : undefined;
  const scope: AuditScope =
    outer && !life ? nestScope(outer) : { ...outer, ...openScope({ actor: { type: 'system' } }), isLate: false, life };
  const request = scope.httpRequest;
  const body = (): unknown => readFieldSafely(request, 'body'); // where frameworks put the body
  const operation: AuditedOperation = { scope, life, entries, args, request, body, phase: 'handler' };
  Object.assign(scope, { application, operation: { audited: operation } });
  return operation;
}

export interface HttpCapture extends AuditedOperation {
  readonly request: object;
}

const CAPTURE_KEY = Symbol('nestjs-audit-ledger:capture');

/** Stores the capture in a property of its request, since a WeakMap of short-lived objects slows every garbage collection. */
export function storeCapture(capture: HttpCapture): void {
  const request = capture.request as { [CAPTURE_KEY]?: HttpCapture; raw?: { [CAPTURE_KEY]?: HttpCapture } };
  request[CAPTURE_KEY] = capture; // the property's key is a symbol of this library
  if (request.raw) request.raw[CAPTURE_KEY] = capture; // Node's request, which Fastify wraps
}

/** Returns the capture of a request. Returns `undefined` if the route is not audited, or the object is not a request. */
export function getCapture(request: object | undefined): HttpCapture | undefined {
  return (request as { [CAPTURE_KEY]?: HttpCapture } | undefined)?.[CAPTURE_KEY]; // only storeCapture sets this property
}
