import { AuditError } from './audit.error.js';

/** A value has no canonical JSON (RFC 8785). */
export class NotCanonicalError extends AuditError {
  readonly code = 'AUDIT_JSON_NOT_CANONICAL';

  /** @param what a description of the value; never the value itself, which may be a secret */
  constructor(what: string) {
    super(`Cannot write canonical JSON: ${what}. Give plain JSON: finite numbers, well-formed texts, no undefined.`);
  }
}
