import { AuditError } from './audit.error.js';

/** The problem of a text that is not the name of an event, and what to do. */
export const NOT_A_NAME = 'is not an event name. Use 1 to 128 lower-case letters, digits and _ . : -, a letter first';

/**
 * An invalid event name was recorded or given to `@Audited`, or an event was recorded that only the ledger may record, since its state
 * depends on it.
 */
export class InvalidEventNameError extends AuditError {
  readonly code = 'AUDIT_EVENT_NAME_INVALID';

  constructor(name: unknown, problem = NOT_A_NAME) {
    const seen = typeof name === 'string' ? `"${name.slice(0, 64)}"` : `a value of type ${typeof name}`;
    super(`Cannot record an event: ${seen} ${problem}`);
  }

  /** Makes the error for an event that only the ledger records: the state of alerts and reviews depends on it. */
  static ofLedger(name: string): InvalidEventNameError {
    return new InvalidEventNameError(
      name,
      'is an event that the ledger records itself when somebody answers an alert or reviews a day. Use another name.',
    );
  }
}

/** A team's own event type cannot be added to the catalogue. */
export class InvalidEventDefinitionError extends AuditError {
  readonly code = 'AUDIT_EVENT_DEFINITION_INVALID';

  /** @param problem the problem, and what to do */
  constructor(definition: string, problem: string) {
    super(`Cannot define the event type "${definition}": ${problem}`);
  }
}
