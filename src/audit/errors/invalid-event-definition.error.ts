import { OUTCOMES } from '../event/outcomes.js';
import { AuditError } from './audit.error.js';

/** An event type of a team's own cannot be added to the catalogue. */
export class InvalidEventDefinitionError extends AuditError {
  readonly code = 'AUDIT_EVENT_DEFINITION_INVALID';

  static badName(definition: string, word: string): InvalidEventDefinitionError {
    return new InvalidEventDefinitionError(
      `Cannot define the event type "${definition}": "${word}" is no event name. ` +
        'Use 1 to 128 characters, a lower-case letter first, then letters, digits and _ . : -',
    );
  }

  static badOutcome(definition: string, outcome: unknown): InvalidEventDefinitionError {
    return new InvalidEventDefinitionError(
      `Cannot define the event type "${definition}": ${String(outcome)} is no outcome. Use one of ${OUTCOMES.join(', ')}.`,
    );
  }

  static takenName(word: string): InvalidEventDefinitionError {
    return new InvalidEventDefinitionError(
      `Cannot define the event type "${word}": the catalogue has that name already. Choose another, or record the existing one.`,
    );
  }
}
