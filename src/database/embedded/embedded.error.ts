import { DatabaseError } from '../server/database.error.js';

/** The embedded PostgreSQL cannot be had: its programs, its folder, or its server; the message carries what was seen. */
export class EmbeddedStartFailedError extends DatabaseError {
  readonly code = 'EMBEDDED_START_FAILED';

  static create(seen: string, cause?: unknown): EmbeddedStartFailedError {
    return new EmbeddedStartFailedError(
      `Cannot start the embedded PostgreSQL: ${seen}. Correct that, choose another folder in EMBEDDED_PG_DIR, or set ` +
        'DATABASE_URL to a PostgreSQL of your own.',
      { cause },
    );
  }
}
