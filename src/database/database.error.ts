/** What to do about each way not to have a usable database. */
const REMEDIES = {
  DATABASE_UNUSABLE:
    'Correct DATABASE_URL (postgres://user:password@host:port/database), and see that the server runs and lets this user in.',
  EMBEDDED_START_FAILED:
    'Correct that, choose another folder in EMBEDDED_PG_DIR, or set DATABASE_URL to a PostgreSQL of your own.',
} as const;

/** The application cannot have a usable database. Its boot prints the message, which holds no password, and exits. */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError';

  constructor(
    readonly code: keyof typeof REMEDIES,
    seen: string,
    { shownUrl, cause }: { readonly shownUrl?: string; readonly cause?: unknown } = {},
  ) {
    const doing = shownUrl === undefined ? 'start the embedded PostgreSQL' : `use the database at ${shownUrl}`;
    super(`Cannot ${doing}: ${seen}. ${REMEDIES[code]}`, { cause });
  }
}
