import { AuditError, errorMessage } from '../audit/plain.js';

/** A command was called with an option or argument that it does not take, or its environment cannot be read. */
export class CallError extends AuditError {
  readonly code = 'AUDIT_CALL_INVALID';

  static create(command: string, problems: readonly string[]): CallError {
    const name = `nestjs-audit-ledger ${command}`;
    return new CallError(`Cannot run ${name}: ${problems.join('; ')}. See ${name} --help.`);
  }

  /** The options or variables for the connection contradict each other, or are incomplete. */
  static connection(problems: readonly string[]): CallError {
    return new CallError(`Cannot connect to the ledger: ${problems.join('; ')}.`);
  }

  static unreadable(file: string, error: unknown): CallError {
    return new CallError(`Cannot read ${file}: ${errorMessage(error)}. Correct it, or move it away.`);
  }
}
