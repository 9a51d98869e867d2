import { AuditError } from './audit.error.js';

/** The module's options contradict themselves or the rules. */
export class InvalidOptionsError extends AuditError {
  readonly code = 'AUDIT_OPTIONS_INVALID';

  constructor(readonly problems: readonly string[]) {
    super(`Cannot start the audit module: ${problems.join('; ')}. Correct the options given to AuditModule.`);
  }
}
