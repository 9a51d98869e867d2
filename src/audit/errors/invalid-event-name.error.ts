import { AuditError } from './audit.error.js';

const NOT_A_NAME =
  'is not an event name. Use 1 to 128 characters, a lower-case letter first, then letters, digits and _ . : -';

/** A name that is not an event name was recorded or given to `@Audited`, or one of the ledger's own that its state depends on was recorded. */
export class InvalidEventNameError extends AuditError {
  readonly code = 'AUDIT_EVENT_NAME_INVALID';

  constructor(name: unknown, problem = NOT_A_NAME) {
    const seen = typeof name === 'string' ? `"${name.slice(0, 64)}"` : `a value of type ${typeof name}`;
    super(`Cannot record an event: ${seen} ${problem}`);
  }

  /** By the state of alerts and reviews goes what the ledger recorded itself. */
  static ofLedger(name: string): InvalidEventNameError {
    return new InvalidEventNameError(
      name,
      'is an event that the ledger records itself when somebody answers an alert or reviews a day. Use another name.',
    );
  }
}
