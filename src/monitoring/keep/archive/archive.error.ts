import { AuditError, errorMessage } from '../../../audit/plain.js';

export class ArchiveMissingError extends AuditError {
  readonly code = 'AUDIT_ARCHIVE_MISSING';

  constructor(path: string) {
    super(
      `Cannot read ${path}: the archives have no such file. Check the name of the archive, restore the archive from a copy, ` +
        'or correct AUDIT_ARCHIVE_DIR (the option archiveDir).',
    );
  }
}

/** An archive was changed, or has an unknown format. */
export class ArchiveInvalidError extends AuditError {
  readonly code = 'AUDIT_ARCHIVE_INVALID';

  constructor(archive: string, seen: string, cause?: unknown) {
    super(
      `Cannot use the archive ${archive}: ${seen}. Run nestjs-audit-ledger verify-archive to see all problems, and restore a sound copy.`,
      { cause },
    );
  }
}

/** Calls `read`, and converts an AuditError of `read` to an error of the archive. @throws ArchiveInvalidError (`AUDIT_ARCHIVE_INVALID`) */
export function readPart<Part>(archive: string, name: string, read: () => Part): Part {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof AuditError)) throw error;
    throw new ArchiveInvalidError(archive, `its ${name}: ${errorMessage(error).replace(/\.$/, '')}`, error);
  }
}

/** An archive cannot be read at the moment. The content of the archive may be sound. */
export class ArchiveUnreadableError extends AuditError {
  readonly code = 'AUDIT_ARCHIVE_UNREADABLE';

  static create(archives: string, cause: unknown): ArchiveUnreadableError {
    return new ArchiveUnreadableError(
      `Cannot read ${archives}: ${errorMessage(cause)}. Check that this process may read the folder or the store of the archives.`,
      { cause },
    );
  }

  static tooLarge(archives: string, cause: unknown): ArchiveUnreadableError {
    return new ArchiveUnreadableError(
      `Cannot query ${archives}: DuckDB needs more memory than archiveQuery.memoryMb (--memory-mb) allows. Raise the limit, or narrow ` +
        'the time range (from, to).',
      { cause },
    );
  }

  static withoutColumns(archive: string): ArchiveUnreadableError {
    return new ArchiveUnreadableError(
      `Cannot query the archive ${archive}: it has no columns, because DuckDB was not installed when it was written. ` +
        'Run npm install @duckdb/node-api, and then nestjs-audit-ledger retention index.',
    );
  }
}
