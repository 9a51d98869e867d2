import type { AuditScope, ScopedCall } from '../context/audit-scope.js';
import type { ReasonRule } from './audit-reason.decorator.js';
import type { AuditedEntry } from './audited-options.js';

/** How far an audited operation came. */
type OperationPhase = 'refused' | 'guards' | 'handler' | 'settled';

/** What is known of one audited operation (a request, a message, a call), until its end makes events of it. */
export interface AuditedOperation {
  readonly scope: AuditScope;
  readonly entries: readonly AuditedEntry[];
  /** The framework's request, WebSocket client or message context. */
  readonly request: object | undefined;
  /** What the client sent. */
  readonly body: () => unknown;
  /** Whether a number is gRPC's status as the `code` of an error. */
  readonly isGrpc?: boolean;
  phase: OperationPhase;
  /** Where its request says why it is done. */
  readonly reasonRule?: ReasonRule | undefined;
  /** Why it is done, as the person who does it says; of a request, once that was read. */
  reason?: string | undefined;
  isReasonRead?: boolean;
  /** What the handler was called with. */
  args: readonly unknown[];
  result?: unknown;
  /** Boxed, since anything can be thrown. */
  thrown?: { readonly error: unknown };
  /** The application broke the answer off: the client got none, or a part of it. */
  isBrokenOff?: true;
  /** Whether the handler, or the pipes and interceptors around it, began. */
  started?: boolean;
  /** Entries whose event was recorded in a transaction that is committed: nothing is left to be recorded of them. */
  committed?: readonly AuditedEntry[];
  /** Whether all that the operation did was rolled back. */
  rolledBack?: boolean;
  /** Whether its handler is in a transaction that has not ended yet, also where an interceptor has answered for it. */
  isUnderWay?: boolean;
  /** The status that the response is about to have, where there is one. */
  readonly statusCode?: () => number;
  /** The recording of its events: begun once. Rejects only with AuditUnavailableError and AuditOutcomeLostError. */
  recording?: Promise<void>;
}

/** The operation that a call is the handler's call of. */
export function operationOf(call: ScopedCall): AuditedOperation {
  return call.operation as AuditedOperation; // set by claimCall alone
}

/**
 * Tells the scope that the operation takes care of the event of `handler`'s next call in it, and of every call where a
 * framework makes them.
 */
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
