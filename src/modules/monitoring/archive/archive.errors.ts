import { AuditError } from '../../../audit/index.js';

/** A file of an archive is not there. */
export class ArchiveMissingError extends AuditError {
  readonly code = 'AUDIT_ARCHIVE_MISSING';

  constructor(path: string) {
    super(
      `Cannot read ${path}: the archives have no such file. Name an archive as the announcement of its retirement does, or ` +
        'bring it back from where it was moved to.',
    );
  }
}

/** An archive is not what this library writes, or was changed. */
export class ArchiveInvalidError extends AuditError {
  readonly code = 'AUDIT_ARCHIVE_INVALID';

  constructor(archive: string, seen: string, cause?: unknown) {
    super(
      `Cannot use the archive ${archive}: ${seen}. Find out by nestjs-audit-ledger verify-archive what is wrong with it, and ` +
        'bring back a copy that is whole.',
      { cause },
    );
  }
}
