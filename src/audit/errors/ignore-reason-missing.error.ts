import { AuditError } from './audit.error.js';

/** `AuditContext.ignore` was called without a reason. */
export class IgnoreReasonMissingError extends AuditError {
  readonly code = 'AUDIT_IGNORE_REASON_MISSING';

  constructor() {
    super(
      'Cannot ignore events: the reason is missing. Pass it as the second argument of AuditContext.ignore(). It is recorded.',
    );
  }
}
