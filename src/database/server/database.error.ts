/** Each way not to have a usable database: what cannot be done (`%` is the address, without its password), and what to do. */
const CONDITIONS = [
  [
    'DATABASE_URL_INVALID',
    'read the database address "%"',
    'Set DATABASE_URL to postgres://user:password@host:port/database, with special characters percent-encoded.',
  ],
  /** Nobody answers at the address: wrong host or port, server down, firewall, or slower than the time limit. */
  [
    'DATABASE_UNREACHABLE',
    'reach the database at %',
    'Check the host and port in DATABASE_URL, and that the server is running and reachable from this machine.',
  ],
  /** Something answers at the address, but not in PostgreSQL's protocol. */
  [
    'DATABASE_NOT_POSTGRES',
    'talk to the database at %',
    "Check the port in DATABASE_URL: another kind of server listens there, since the answer was not PostgreSQL's.",
  ],
  /** The server refused the user, the password, or the user's right to connect to this database. */
  [
    'DATABASE_LOGIN_REFUSED',
    'log in to the database at %',
    'Check the user and password in DATABASE_URL, and that pg_hba.conf lets this user connect from this machine.',
  ],
  ['DATABASE_MISSING', 'open the database at %', 'Create it (createdb), or correct its name in DATABASE_URL.'],
  /** The server answers but takes nobody now: starting up, shutting down, or out of connection slots. */
  [
    'DATABASE_NOT_READY',
    'use the database at % yet',
    'Wait until it accepts connections, or raise its max_connections, then start again.',
  ],
  /** The two ends cannot agree on encryption: one wants it and the other has none, or the certificate is not trusted. */
  [
    'DATABASE_TLS_REFUSED',
    'agree on TLS with the database at %',
    'Set sslmode in DATABASE_URL to what the server offers, and sslrootcert to the CA that signed its certificate.',
  ],
  ['DATABASE_TOO_OLD', 'use the database at %', 'Upgrade the server, or point DATABASE_URL at a newer one.'],
  ['DATABASE_CHECK_FAILED', 'check the database at %', "Read the cause and the server's log."],
  [
    'EMBEDDED_START_FAILED',
    'start the embedded PostgreSQL',
    'Correct that, choose another folder in EMBEDDED_PG_DIR, or set DATABASE_URL to a PostgreSQL of your own.',
  ],
] as const;
export type DatabaseCondition = (typeof CONDITIONS)[number][0];

/**
 * The application cannot have a usable database. Its boot catches this class, prints the message and exits. Neither the message
 * nor a cause holds a password.
 */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError';

  /** @param code stable, for people to search by and for code to branch on */
  constructor(
    readonly code: DatabaseCondition,
    seen: string,
    options: { readonly shownUrl?: string; readonly cause?: unknown } = {},
  ) {
    const [, doing, remedy] = CONDITIONS.find(([known]) => known === code) ?? CONDITIONS[0];
    super(`Cannot ${doing.replace('%', () => options.shownUrl ?? '')}: ${seen}. ${remedy}`, options);
  }
}
