import { AuditError } from './audit.error.js';

/** A team's own event type cannot be added to the catalogue. */
export class InvalidEventDefinitionError extends AuditError {
  readonly code = 'AUDIT_EVENT_DEFINITION_INVALID';

  static badName(definition: string, word: string): InvalidEventDefinitionError {
    return new InvalidEventDefinitionError(
      `Cannot define the event type "${definition}": "${word}" is not an event name. ` +
        'Use 1 to 128 characters, a lower-case letter first, then letters, digits and _ . : -',
    );
  }

  static badWord(
    definition: string,
    what: string,
    seen: unknown,
    words: readonly string[],
  ): InvalidEventDefinitionError {
    return new InvalidEventDefinitionError(
      `Cannot define the event type "${definition}": its ${what} is ${String(seen)}. Use one of ${words.join(', ')}.`,
    );
  }

  static noCategory(definition: string): InvalidEventDefinitionError {
    return new InvalidEventDefinitionError(
      `Cannot define the event type "${definition}": it has no category. Name one, such as "order".`,
    );
  }

  static badList(definition: string, what: string): InvalidEventDefinitionError {
    return new InvalidEventDefinitionError(
      `Cannot define the event type "${definition}": its ${what} is not a list of texts. Give one, or leave it out.`,
    );
  }

  static factAndPersonal(definition: string, field: string): InvalidEventDefinitionError {
    return new InvalidEventDefinitionError(
      `Cannot define the event type "${definition}": its field ${field} is in both facts and personal. Name it in one of them.`,
    );
  }

  static badSchema(definition: string): InvalidEventDefinitionError {
    return new InvalidEventDefinitionError(
      `Cannot define the event type "${definition}": its details are not a Standard Schema. ` +
        'Use one of zod, valibot, arktype or another library that implements it, or leave them out.',
    );
  }

  static otherCategory(definition: string, action: string, known: string): InvalidEventDefinitionError {
    return new InvalidEventDefinitionError(
      `Cannot define the event type "${definition}": its action ${action} is in the category "${known}" already. ` +
        'Use that category, or another action.',
    );
  }

  static takenOutcome(definition: string, action: string, outcome: string): InvalidEventDefinitionError {
    return new InvalidEventDefinitionError(
      `Cannot define the event type "${definition}": the action ${action} has an event type for ${outcome} already. ` +
        'Record that one, or name another action.',
    );
  }

  static takenName(word: string): InvalidEventDefinitionError {
    return new InvalidEventDefinitionError(
      `Cannot define the event type "${word}": the catalogue has that name already. Choose another, or record the existing one.`,
    );
  }
}
