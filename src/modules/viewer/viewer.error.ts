import { AuditError } from '../../audit/plain.js';

/** The files of the viewer's build are missing, or differ from those in its manifest. */
export class ViewerNotBuiltError extends AuditError {
  readonly code = 'AUDIT_VIEWER_NOT_BUILT';

  /** @param seen a part of a sentence */
  static create(seen: string, cause: unknown): ViewerNotBuiltError {
    return new ViewerNotBuiltError(
      `Cannot serve the audit viewer: ${seen}. Install the package again, or in its sources run npm run build.`,
      { cause },
    );
  }
}

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
