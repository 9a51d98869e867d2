import { AuditError } from './audit.error.js';

/** A team's own event type cannot be added to the catalogue. */
export class InvalidEventDefinitionError extends AuditError {
  readonly code = 'AUDIT_EVENT_DEFINITION_INVALID';

  /** @param problem the problem, and what to do */
  constructor(definition: string, problem: string) {
    super(`Cannot define the event type "${definition}": ${problem}`);
  }
}
