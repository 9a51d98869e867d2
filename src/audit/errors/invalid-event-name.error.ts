import { AuditError } from './audit.error.js';

/** The problem of a text that is not an event name, and the remedy. */
export const NOT_A_NAME = 'is not an event name. Use 1 to 128 lower-case letters, digits and _ . : -, a letter first';

/**
 * An event name in `record()` or `@Audited` is invalid. Or only the ledger may record the event, since the event sets the state of an
 * alert or a review.
 */
export class InvalidEventNameError extends AuditError {
  readonly code = 'AUDIT_EVENT_NAME_INVALID';

  constructor(name: unknown, problem = NOT_A_NAME) {
    const seen = typeof name === 'string' ? `"${name.slice(0, 64)}"` : `a value of type ${typeof name}`;
    super(`Cannot record an event: ${seen} ${problem}`);
  }

  static ofLedger(name: string): InvalidEventNameError {
    return new InvalidEventNameError(
      name,
      'is an event that the ledger records itself when a person acts on an alert or reviews a day. Use another name.',
    );
  }
}

/** A team's own event type cannot be added to the catalogue. */
export class InvalidEventDefinitionError extends AuditError {
  readonly code = 'AUDIT_EVENT_DEFINITION_INVALID';

  /** @param problem the problem and the remedy */
  constructor(definition: string, problem: string) {
    super(`Cannot define the event type "${definition}": ${problem}`);
  }
}
