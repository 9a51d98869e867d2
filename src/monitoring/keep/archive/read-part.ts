import { AuditError } from '../../../base/errors/audit.error.js';
import { errorMessage } from '../../../base/errors/error-facts.js';
import { verifyErrors } from '../../errors/verify.errors.js';

/** Calls `read`, and converts an AuditError of `read` to an error of the archive. @throws `AUDIT_ARCHIVE_INVALID` */
export function readPart<Part>(archive: string, name: string, read: () => Part): Part {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof AuditError)) throw error;
    const seen = `its ${name}: ${errorMessage(error).replace(/\.$/, '')}`;
    throw verifyErrors.AUDIT_ARCHIVE_INVALID(archive, seen, error);
  }
}
