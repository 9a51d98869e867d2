import { AuditError } from '../../../audit/plain.js';

/** The person has another view with this name, or has reached the maximum number of views. */
export class ViewConflictError extends AuditError {
  readonly code = 'AUDIT_VIEW_CONFLICT';

  static taken(name: string): ViewConflictError {
    return new ViewConflictError(
      `Cannot save the view: you have another one named ${JSON.stringify(name)}. Choose another name, or change that one.`,
    );
  }

  static tooMany(most: number): ViewConflictError {
    return new ViewConflictError(`Cannot save the view: you have ${most} already. Delete one first.`);
  }
}
