import {
  isOfTransactionAlone,
  nestScope,
  openScope,
  type AuditScope,
  type ScopedCall,
} from '../context/audit-scope.js';
import { readFieldSafely } from '../event/read-safely.js';
import type { AuditReasonOptions } from './audit-reason.decorator.js';
import type { AuditedEntry } from './audited-options.js';

type OperationPhase = 'refused' | 'guards' | 'handler' | 'settled';

/** The facts of one audited operation (a request, a message, a call) that its events are made from at its end. */
export interface AuditedOperation {
  readonly scope: AuditScope;
  readonly entries: readonly AuditedEntry[];
  /** The framework's request, WebSocket client or message context. */
  readonly request: object | undefined;
  /** What the client sent. */
  readonly body: () => unknown;
  /** Whether the number in an error's `code` is a gRPC status. */
  readonly isGrpc?: boolean;
  phase: OperationPhase;
  /** Where the operation's request states its reason. */
  readonly reasonRule?: AuditReasonOptions | undefined;
  /** The reason that the person who does it gave; for a request, once it has been read. */
  reason?: string | undefined;
  isReasonRead?: boolean;
  /** The arguments of the handler. */
  args: readonly unknown[];
  result?: unknown;
  /** The thrown value; boxed, since anything can be thrown. */
  thrown?: { readonly error: unknown };
  /** Set if the application broke the answer off: the client got nothing, or a part of it. */
  isBrokenOff?: true;
  /** Whether the handler, or the pipes and interceptors around it, started. */
  started?: boolean;
  /** Entries whose event was recorded in a transaction that is committed: they need no further event. */
  committed?: readonly AuditedEntry[];
  /** Whether everything that the operation did was rolled back. */
  rolledBack?: boolean;
  /** Whether the handler's transaction is still open, even if an interceptor has already answered for the handler. */
  isUnderWay?: boolean;
  /** Returns the status that the response is about to have, if there is a response. */
  readonly statusCode?: () => number;
  /** The recording of the operation's events, started once. Rejects only with AuditUnavailableError and AuditOutcomeLostError. */
  recording?: Promise<void>;
}

/** Returns the operation whose handler is called by `call`. */
export function operationOf(call: ScopedCall): AuditedOperation {
  return call.operation as AuditedOperation; // only claimCall sets it
}

/** Tells the scope that the operation records the event of `handler`'s next call in it; if a framework makes the calls, of every call. */
export function claimCall(operation: AuditedOperation, handler: unknown, byFramework: boolean): void {
  const { scope } = operation;
  scope.operation = { ...scope.operation, audited: operation };
  scope.call = {
    handler,
    byFramework,
    operation,
    noteArgs: (args) => {
      operation.args = args;
    },
  };
}

/** Opens the operation of a call. Outside of any request or job, the application itself is the actor. */
export function openCall(
  outer: AuditScope | undefined,
  entries: readonly AuditedEntry[],
  args: readonly unknown[],
): AuditedOperation {
  const scope =
    outer && !isOfTransactionAlone(outer)
      ? nestScope(outer)
      : { ...outer, ...openScope({ actor: { type: 'system' } }) };
  const request = scope.httpRequest;
  const body = (): unknown => readFieldSafely(request, 'body'); // where frameworks put it
  const operation: AuditedOperation = { scope, entries, args, request, body, phase: 'handler' };
  scope.operation = { audited: operation };
  return operation;
}

/** The facts of one audited HTTP request. */
export interface HttpCapture extends AuditedOperation {
  readonly request: object;
  clientGone?: true;
}

const CAPTURE = Symbol('nestjs-audit-ledger:capture');

/** Keeps a request's capture on the request itself, since a WeakMap of short-lived objects slows every garbage collection. */
export function keepCapture(capture: HttpCapture): void {
  const request = capture.request as { [CAPTURE]?: HttpCapture; raw?: { [CAPTURE]?: HttpCapture } };
  request[CAPTURE] = capture; // our own property, under our own symbol
  if (request.raw) request.raw[CAPTURE] = capture; // Node's request below Fastify's
}

/** Returns the capture of a request; `undefined` if its route is not audited, or if it is not a request. */
export function captureOf(request: object | undefined): HttpCapture | undefined {
  return (request as { [CAPTURE]?: HttpCapture } | undefined)?.[CAPTURE]; // only keepCapture sets it
}
