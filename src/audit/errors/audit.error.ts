/** What every error of this library extends. */
export abstract class AuditError extends Error {
  /** Stable, `AUDIT_…`; listed in `docs/reference/errors.md`. */
  abstract readonly code: string;

  /** @param message "Cannot <do>: <what was seen>. <What to do next>." */
  constructor(message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
  }
}
