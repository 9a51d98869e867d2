import { AuditError } from '../../../audit/index.js';

/** What is asked of the erasure, or of the report, of a person cannot be done. Nothing was changed. */
export class InvalidErasureError extends AuditError {
  readonly code = 'AUDIT_ERASURE_INVALID';

  /** @param problems what is wrong, each a part of a sentence */
  static create(problems: readonly string[]): InvalidErasureError {
    return new InvalidErasureError(
      `Cannot erase or report a person: ${problems.join('; ')}. Give the person's id, identifiers of that person alone, and, to ` +
        'erase, a reason.',
    );
  }
}

/** A text is no certificate of an erasure that was signed by a known key. */
export class InvalidCertificateError extends AuditError {
  readonly code = 'AUDIT_CERTIFICATE_INVALID';

  /** @param seen what is wrong with it */
  static create(seen: string): InvalidCertificateError {
    return new InvalidCertificateError(`Cannot read the certificate: ${seen}. Fetch it again, byte for byte.`);
  }
}
