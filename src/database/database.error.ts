/** The reasons for having no usable database: the failed action (`%` is the address, without its password), and the remedy. */
const CONDITIONS = [
  [
    'DATABASE_UNUSABLE',
    'use the database at %',
    'Correct DATABASE_URL (postgres://user:password@host:port/database), and see that the server runs and lets this user in.',
  ],
  [
    'EMBEDDED_START_FAILED',
    'start the embedded PostgreSQL',
    'Correct that, choose another folder in EMBEDDED_PG_DIR, or set DATABASE_URL to a PostgreSQL of your own.',
  ],
] as const;

/** The application has no usable database. Its boot prints the message, which contains no password, and exits. */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError';

  constructor(
    readonly code: (typeof CONDITIONS)[number][0],
    seen: string,
    options: { readonly shownUrl?: string; readonly cause?: unknown } = {},
  ) {
    const [, doing, remedy] = CONDITIONS.find(([known]) => known === code) ?? CONDITIONS[0];
    super(`Cannot ${doing.replace('%', () => options.shownUrl ?? '')}: ${seen}. ${remedy}`, options);
  }
}
