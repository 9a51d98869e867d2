import { AuditError, errorMessage } from '../../../../audit/plain.js';

/** A request to erase a person, or to report about a person, is invalid. */
export class InvalidErasureError extends AuditError {
  readonly code = 'AUDIT_ERASURE_INVALID';

  /** @param problems parts of a sentence */
  static create(problems: readonly string[]): InvalidErasureError {
    return new InvalidErasureError(
      `Cannot erase or report the data of a person: ${problems.join('; ')}. Give the person's id and identifiers that no other person has. ` +
        'An erasure also needs a reason.',
    );
  }
}

/** A certificate contradicts itself, or the acts of the ledger. */
export class InvalidCertificateError extends AuditError {
  readonly code = 'AUDIT_CERTIFICATE_INVALID';

  static create(seen: string): InvalidCertificateError {
    return new InvalidCertificateError(
      `Cannot verify the certificate: ${seen}. Download the certificate again, and do not change it.`,
    );
  }
}

const MOST_NAMED = 10;

/** A restore of the database undid erasures. */
export class ErasuresUndoneError extends AuditError {
  readonly code = 'AUDIT_ERASURES_UNDONE';

  /** @param file the file that contains the certificates */
  static create(ids: readonly string[], file: string): ErasuresUndoneError {
    const named = ids.slice(0, MOST_NAMED).join(', ');
    const more = ids.length > MOST_NAMED ? ` and ${ids.length - MOST_NAMED} more` : '';
    return new ErasuresUndoneError(
      `Cannot rely on ${ids.length} erasure(s), ${named}${more}: a restore of the database undid them. Repeat them with ` +
        `nestjs-audit-ledger erase --replay ${file}.`,
    );
  }
}

/** The file of certificates cannot be read or written. */
export class CertificateFileError extends AuditError {
  readonly code = 'AUDIT_CERTIFICATE_FILE';

  static create(what: 'read or write' | 'write', file: string, cause: unknown): CertificateFileError {
    return new CertificateFileError(
      `Cannot ${what} the certificates of erasures in ${file}: ${errorMessage(cause)}. Allow the application to read and append to ` +
        'that file, or set the option erasureFile of MonitoringModule (AUDIT_ERASURE_FILE) to another file.',
      { cause },
    );
  }
}

/** A step of an erasure has to wait, and is retried. The message states the reason. */
export class MustWaitError extends Error {}
