import { AuditError } from './audit.error.js';

/** The rules of `@AuditedEntity` are invalid. */
export class InvalidEntityRulesError extends AuditError {
  readonly code = 'AUDIT_ENTITY_RULES_INVALID';

  static ofEntity(entity: string, problems: readonly string[]): InvalidEntityRulesError {
    return new InvalidEntityRulesError(
      `Cannot capture the rows of ${entity}: ${problems.join('; ')}. Correct the rules given to @AuditedEntity.`,
    );
  }
}
