import { AuditError } from './audit.error.js';

/** The part of an error message that explains the form of an event name. */
export const NOT_A_NAME = 'is not an event name. Use 1 to 128 lower-case letters, digits and _ . : -, a letter first';

/**
 * The event name in `record()` or `@Audited` is invalid, or only the ledger may record this event type. The ledger's own event types change
 * an alert or a review.
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
