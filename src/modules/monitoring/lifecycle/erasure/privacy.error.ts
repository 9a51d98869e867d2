import { AuditError, errorMessage } from '../../../../audit/plain.js';

/** A request to erase, or to report on, a person is invalid. Nothing was changed. */
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

/** A text is not a certificate of an erasure signed by a known key. */
export class InvalidCertificateError extends AuditError {
  readonly code = 'AUDIT_CERTIFICATE_INVALID';

  /** @param seen what is wrong with it */
  static create(seen: string): InvalidCertificateError {
    return new InvalidCertificateError(`Cannot read the certificate: ${seen}. Fetch it again, byte for byte.`);
  }
}

const MOST_NAMED = 10;

/** A restore of the database undid erasures. */
export class ErasuresUndoneError extends AuditError {
  readonly code = 'AUDIT_ERASURES_UNDONE';

  /** @param file the file of their certificates */
  static create(ids: readonly string[], file: string): ErasuresUndoneError {
    const named = ids.slice(0, MOST_NAMED).join(', ');
    const more = ids.length > MOST_NAMED ? ` and ${ids.length - MOST_NAMED} more` : '';
    return new ErasuresUndoneError(
      `Cannot rely on ${ids.length} erasure(s), ${named}${more}: the ledger no longer reflects them, as after a restore. Repeat ` +
        `them: nestjs-audit-ledger erase --replay ${file}.`,
    );
  }
}

/** The file of certificates cannot be read or written. */
export class CertificateFileError extends AuditError {
  readonly code = 'AUDIT_CERTIFICATE_FILE';

  static create(what: 'read' | 'write', file: string, cause: unknown): CertificateFileError {
    return new CertificateFileError(
      `Cannot ${what} the certificates of erasures in ${file}: ${errorMessage(cause)}. Give the application the right to read and ` +
        'to append to that file, or set AUDIT_ERASURE_FILE.',
      { cause },
    );
  }
}

/** A step of an erasure was not done, and is tried again. The message says what it waits for. */
export class MustWaitError extends Error {}
