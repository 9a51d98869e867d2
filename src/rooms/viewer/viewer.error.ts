import { AuditError } from '../../audit/plain.js';

/** The files of the viewer's build are missing or incomplete. */
export class ViewerNotBuiltError extends AuditError {
  readonly code = 'AUDIT_VIEWER_NOT_BUILT';

  /** @param seen a clause that names the problem */
  static create(seen: string, cause: unknown): ViewerNotBuiltError {
    return new ViewerNotBuiltError(
      `Cannot serve the audit viewer: ${seen}. Install the package again, or run npm run build in its sources.`,
      { cause },
    );
  }
}

/** The reader has another view with this name, or the maximum number of views. */
export class ViewConflictError extends AuditError {
  readonly code = 'AUDIT_VIEW_CONFLICT';

  static taken(name: string): ViewConflictError {
    return new ViewConflictError(
      `Cannot save the view: you have another view named ${JSON.stringify(name)}. Choose another name, or change that view.`,
    );
  }

  static tooMany(most: number): ViewConflictError {
    return new ViewConflictError(`Cannot save the view: you have ${most} views already. Delete a view first.`);
  }
}
