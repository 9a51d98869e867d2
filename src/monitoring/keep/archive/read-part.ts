import { AuditError, errorMessage } from '../../../audit/nest-free.js';
import { keepErrors } from '../../errors/keep.errors.js';

/** Calls `read`, and converts an AuditError of `read` to an error of the archive. @throws `AUDIT_ARCHIVE_INVALID` */
export function readPart<Part>(archive: string, name: string, read: () => Part): Part {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof AuditError)) throw error;
    const seen = `its ${name}: ${errorMessage(error).replace(/\.$/, '')}`;
    throw keepErrors.AUDIT_ARCHIVE_INVALID(archive, seen, error);
  }
}
