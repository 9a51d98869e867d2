/**
 * What every failure to have a usable database extends: the boot of the application catches this one class, prints
 * the message and exits. No message and no cause holds a password.
 */
export abstract class DatabaseError extends Error {
  /** Stable, for people to search by and for code to branch on. */
  abstract readonly code: `${'DATABASE' | 'EMBEDDED'}_${string}`;

  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** DATABASE_URL is not a `postgres://` address. Has no cause: Node's own error repeats the address with its password. */
export class DatabaseUrlInvalidError extends DatabaseError {
  readonly code = 'DATABASE_URL_INVALID';

  static create(shownUrl: string, seen: string): DatabaseUrlInvalidError {
    return new DatabaseUrlInvalidError(
      `Cannot read the database address "${shownUrl}": ${seen}. ` +
        'Set DATABASE_URL to postgres://user:password@host:port/database, with special characters percent-encoded.',
    );
  }
}

/** Nobody answers at the address: wrong host or port, server down, firewall, or slower than the time limit. */
export class DatabaseUnreachableError extends DatabaseError {
  readonly code = 'DATABASE_UNREACHABLE';

  static create(shownUrl: string, seen: string, cause?: unknown): DatabaseUnreachableError {
    return new DatabaseUnreachableError(
      `Cannot reach the database at ${shownUrl}: ${seen}. ` +
        'Check the host and port in DATABASE_URL, and that the server is running and reachable from this machine.',
      { cause },
    );
  }
}

/** Something answers at the address, but not in PostgreSQL's protocol. */
export class DatabaseNotPostgresError extends DatabaseError {
  readonly code = 'DATABASE_NOT_POSTGRES';

  static create(shownUrl: string, seen: string, cause?: unknown): DatabaseNotPostgresError {
    return new DatabaseNotPostgresError(
      `Cannot talk to the database at ${shownUrl}: the answer was not PostgreSQL's (${seen}). ` +
        'Check the port in DATABASE_URL: another kind of server listens there.',
      { cause },
    );
  }
}

/** The server refused the user, the password, or the user's right to connect to this database. */
export class DatabaseLoginRefusedError extends DatabaseError {
  readonly code = 'DATABASE_LOGIN_REFUSED';

  static create(shownUrl: string, seen: string, cause?: unknown): DatabaseLoginRefusedError {
    return new DatabaseLoginRefusedError(
      `Cannot log in to the database at ${shownUrl}: ${seen}. ` +
        'Check the user and password in DATABASE_URL, and that pg_hba.conf lets this user connect from this machine.',
      { cause },
    );
  }
}

/** The named database does not exist on the server. */
export class DatabaseMissingError extends DatabaseError {
  readonly code = 'DATABASE_MISSING';

  static create(shownUrl: string, seen: string, cause?: unknown): DatabaseMissingError {
    return new DatabaseMissingError(
      `Cannot open the database at ${shownUrl}: ${seen}. Create it (createdb), or correct its name in DATABASE_URL.`,
      { cause },
    );
  }
}

/** The server answers but takes nobody now: starting up, shutting down, or out of connection slots. */
export class DatabaseNotReadyError extends DatabaseError {
  readonly code = 'DATABASE_NOT_READY';

  static create(shownUrl: string, seen: string, cause?: unknown): DatabaseNotReadyError {
    return new DatabaseNotReadyError(
      `Cannot use the database at ${shownUrl} yet: ${seen}. ` +
        'Wait until it accepts connections, or raise its max_connections, then start again.',
      { cause },
    );
  }
}

/** The two ends cannot agree on encryption: one wants it and the other has none, or the certificate is not trusted. */
export class DatabaseTlsRefusedError extends DatabaseError {
  readonly code = 'DATABASE_TLS_REFUSED';

  static create(shownUrl: string, seen: string, cause?: unknown): DatabaseTlsRefusedError {
    return new DatabaseTlsRefusedError(
      `Cannot agree on TLS with the database at ${shownUrl}: ${seen}. ` +
        'Set sslmode in DATABASE_URL to what the server offers, and sslrootcert to the CA that signed its certificate.',
      { cause },
    );
  }
}

/** The server is older than {@link OLDEST_MAJOR_VERSION}. */
export class DatabaseTooOldError extends DatabaseError {
  readonly code = 'DATABASE_TOO_OLD';

  static create(shownUrl: string, version: string, oldestMajor: number): DatabaseTooOldError {
    return new DatabaseTooOldError(
      `Cannot use the database at ${shownUrl}: it is PostgreSQL ${version}, older than ${oldestMajor}. ` +
        `Upgrade the server to PostgreSQL ${oldestMajor} or newer, or point DATABASE_URL at one.`,
    );
  }
}

/** Any other failure; the cause is the driver's error. */
export class DatabaseCheckFailedError extends DatabaseError {
  readonly code = 'DATABASE_CHECK_FAILED';

  static create(shownUrl: string, seen: string, cause?: unknown): DatabaseCheckFailedError {
    return new DatabaseCheckFailedError(
      `Cannot check the database at ${shownUrl}: ${seen}. Read the cause and the server's log.`,
      { cause },
    );
  }
}
