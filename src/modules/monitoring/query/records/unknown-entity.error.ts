import { AuditError } from '../../../../audit/plain.js';

/** An entity's history was requested, but no data source of the application has its table, or the id does not fit its key. */
export class UnknownEntityError extends AuditError {
  readonly code = 'AUDIT_ENTITY_UNKNOWN';

  static noTable(entity: string): UnknownEntityError {
    return new UnknownEntityError(
      `Cannot read the history of ${entity}: no data source of this application has that entity. Add it to the entities of one, or ` +
        'name the resource as captured, by its type and id.',
    );
  }

  static noKey(entity: string, columns: readonly string[]): UnknownEntityError {
    return new UnknownEntityError(
      `Cannot read the history of ${entity}: the id does not have ${columns.join(' and ')}. Give each part of its primary key.`,
    );
  }
}
