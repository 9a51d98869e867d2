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
