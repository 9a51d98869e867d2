import { AuditError } from '../audit/plain.js';

/** The options or variables for the connection contradict each other, or are incomplete. */
export class ConnectionCallError extends AuditError {
  readonly code = 'AUDIT_CONNECTION_INVALID';

  static create(problems: readonly string[]): ConnectionCallError {
    return new ConnectionCallError(`Cannot connect to the ledger: ${problems.join('; ')}.`);
  }
}
