/** The codes of the errors that stop the start. `docs/reference/errors.md` is generated from this table, too. */
export const START_ERRORS = {
  ENVIRONMENT_INVALID: {
    section: 'The application',
    when: 'start: the message lists all wrong environment variables',
    do: 'correct them; `.env.example` explains each',
  },
  DATABASE_UNUSABLE: {
    section: 'The application',
    when: 'nothing answers, the server refuses, or it is older than PostgreSQL 15',
    do: 'correct `DATABASE_URL`; check that the server accepts this user',
  },
  EMBEDDED_START_FAILED: {
    section: 'The embedded PostgreSQL',
    when: 'its programs, folder, `initdb` or server fails',
    do: 'follow the message, or set `DATABASE_URL`',
  },
} as const;

/** The application cannot start. It prints the message, which contains no password, and exits. */
export class StartError extends Error {
  override readonly name = 'StartError';

  private constructor(
    readonly code: keyof typeof START_ERRORS,
    message: string,
    cause?: unknown,
  ) {
    super(message, { cause });
  }

  static forEnvironment(problems: readonly string[]): StartError {
    const cause = problems.join('; ');
    return new StartError(
      'ENVIRONMENT_INVALID',
      `Cannot start: ${cause}. Correct these environment variables; .env.example explains each.`,
    );
  }

  /** @param shownUrl the address, without its password */
  static forDatabase(shownUrl: string, seen: string, cause?: unknown): StartError {
    return new StartError(
      'DATABASE_UNUSABLE',
      `Cannot use the database at ${shownUrl}: ${seen}. Correct DATABASE_URL (postgres://user:password@host:port/database), ` +
        'and check that the server runs and accepts this user.',
      cause,
    );
  }

  static forEmbedded(seen: string, cause?: unknown): StartError {
    return new StartError(
      'EMBEDDED_START_FAILED',
      `Cannot start the embedded PostgreSQL: ${seen}. Correct the cause, choose another folder in EMBEDDED_PG_DIR, ` +
        'or set DATABASE_URL to your own PostgreSQL.',
      cause,
    );
  }
}
