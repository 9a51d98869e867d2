import { AuditError, errorMessage } from '../audit/plain.js';

/** A call has an invalid option or argument, or the command cannot read its environment. */
export class CallError extends AuditError {
  readonly code = 'AUDIT_CALL_INVALID';

  static create(command: string, problems: readonly string[]): CallError {
    const name = `nestjs-audit-ledger ${command}`;
    return new CallError(`Cannot run ${name}: ${problems.join('; ')}. See ${name} --help.`);
  }

  /** The connection options contradict each other or are incomplete. */
  static connection(problems: readonly string[]): CallError {
    return new CallError(`Cannot connect to the ledger: ${problems.join('; ')}.`);
  }

  static unreadable(file: string, error: unknown): CallError {
    return new CallError(`Cannot read ${file}: ${errorMessage(error)}. Correct or remove it.`);
  }
}
