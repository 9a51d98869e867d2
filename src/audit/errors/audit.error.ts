/** The base class of most errors of this library. */
export abstract class AuditError extends Error {
  /** The stable code, `AUDIT_…`. `docs/reference/errors.md` lists all codes. */
  abstract readonly code: string;

  /** @param message "Cannot <do>: <what was seen>. <What to do next>." */
  constructor(message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
  }
}
