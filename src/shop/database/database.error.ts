/** The application has no usable database. The application prints the message, which contains no password, and exits. */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError';

  private constructor(
    readonly code: 'DATABASE_UNUSABLE' | 'EMBEDDED_START_FAILED',
    message: string,
    cause: unknown,
  ) {
    super(message, { cause });
  }

  /** @param shownUrl the address, without its password */
  static unusable(shownUrl: string, seen: string, cause?: unknown): DatabaseError {
    return new DatabaseError(
      'DATABASE_UNUSABLE',
      `Cannot use the database at ${shownUrl}: ${seen}. Correct DATABASE_URL (postgres://user:password@host:port/database), ` +
        'and check that the server runs and accepts this user.',
      cause,
    );
  }

  static notStarted(seen: string, cause?: unknown): DatabaseError {
    return new DatabaseError(
      'EMBEDDED_START_FAILED',
      `Cannot start the embedded PostgreSQL: ${seen}. Correct the cause, choose another folder in EMBEDDED_PG_DIR, ` +
        'or set DATABASE_URL to your own PostgreSQL.',
      cause,
    );
  }
}
