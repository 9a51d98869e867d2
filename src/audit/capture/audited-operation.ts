import type { AuditScope } from '../context/audit-scope.js';
import type { AuditedEntry } from './audited-options.js';

/** How far an audited operation came. */
export type OperationPhase = 'guards' | 'handler' | 'settled';

/** What is known of one audited operation (a request, a message, a call), until its end makes events of it. */
export interface AuditedOperation {
  readonly scope: AuditScope;
  readonly entries: readonly AuditedEntry[];
  /** The framework's request, WebSocket client or message context. */
  readonly request: object | undefined;
  /** What the client sent. */
  readonly body: () => unknown;
  phase: OperationPhase;
  /** What the handler was called with. */
  args: readonly unknown[];
  result?: unknown;
  /** Boxed, since anything can be thrown. */
  thrown?: { readonly error: unknown };
  /** The application broke the answer off: the client got none, or a part of it. */
  isBrokenOff?: true;
  /** The recording of its events: begun once. Rejects only with AuditUnavailableError. */
  recording?: Promise<void>;
}

/**
 * Tells the scope that the operation takes care of the event of `handler`'s next call in it, and of every call where a
 * framework makes them.
 */
export function claimCall(operation: AuditedOperation, handler: unknown, byFramework: boolean): void {
  operation.scope.call = {
    handler,
    byFramework,
    noteArgs: (args) => {
      operation.args = args;
    },
  };
}
