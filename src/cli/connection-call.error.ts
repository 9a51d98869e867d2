import { AuditError } from '../audit/plain.js';

/** The options or variables that say how to connect contradict each other, or are incomplete. */
export class ConnectionCallError extends AuditError {
  readonly code = 'AUDIT_CONNECTION_INVALID';

  static create(problems: readonly string[]): ConnectionCallError {
    return new ConnectionCallError(`Cannot connect to the ledger: ${problems.join('; ')}.`);
  }
}
