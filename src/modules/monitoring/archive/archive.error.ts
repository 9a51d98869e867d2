import { AuditError, errorMessage } from '../../../audit/plain.js';

/** A file of an archive is missing. */
export class ArchiveMissingError extends AuditError {
  readonly code = 'AUDIT_ARCHIVE_MISSING';

  constructor(path: string) {
    super(
      `Cannot read ${path}: the archives have no such file. Name an archive as the announcement of its retirement does, ` +
        'bring it back from where it was moved to, or correct AUDIT_ARCHIVE_DIR (the option archiveDir).',
    );
  }
}

/** An archive has an unknown form, or was changed. */
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

/** Does `read`, and refuses the archive if that refuses one of its parts. @throws ArchiveInvalidError (`AUDIT_ARCHIVE_INVALID`) */
export function readPart<Part>(archive: string, name: string, read: () => Part): Part {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof AuditError)) throw error;
    throw new ArchiveInvalidError(archive, `its ${name}: ${errorMessage(error).replace(/\.$/, '')}`, error);
  }
}

/** The archives, or one of them, cannot be read at the moment; their content may be sound. */
export class ArchiveUnreadableError extends AuditError {
  readonly code = 'AUDIT_ARCHIVE_UNREADABLE';

  /** @param cause what the store rejected with */
  static create(archives: string, cause: unknown): ArchiveUnreadableError {
    return new ArchiveUnreadableError(
      `Cannot read ${archives}: ${errorMessage(cause)}. Check that this process may read the folder, or the store, of the archives.`,
      { cause },
    );
  }

  /** @param cause what DuckDB rejected with */
  static tooLarge(archives: string, cause: unknown): ArchiveUnreadableError {
    return new ArchiveUnreadableError(
      `Cannot query ${archives}: DuckDB needs more memory than archiveQuery.memoryMb (--memory-mb) allows. Raise it, or narrow the ` +
        'time range (from, to).',
      { cause },
    );
  }

  /** @param archive the archive without columns */
  static withoutColumns(archive: string): ArchiveUnreadableError {
    return new ArchiveUnreadableError(
      `Cannot query the archive ${archive}: it was written without the columns that queries read, since DuckDB was not installed. ` +
        'Run npm install @duckdb/node-api, and nestjs-audit-ledger retention index.',
    );
  }
}
