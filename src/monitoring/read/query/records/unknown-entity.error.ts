import { AuditError } from '../../../../audit/plain.js';

/** The application has no data source with the entity, or the id lacks a part of the entity's key. */
export class UnknownEntityError extends AuditError {
  readonly code = 'AUDIT_ENTITY_UNKNOWN';

  static noTable(entity: string): UnknownEntityError {
    return new UnknownEntityError(
      `Cannot read the history of ${entity}: no data source of this application has that entity. Add it to a data source's entities, or ` +
        'name the captured resource by its type and id.',
    );
  }

  static noKey(entity: string, columns: readonly string[]): UnknownEntityError {
    return new UnknownEntityError(
      `Cannot read the history of ${entity}: the id lacks ${columns.join(' or ')}. Give each part of the primary key.`,
    );
  }
}
