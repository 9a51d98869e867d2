import { DatabaseError } from '../server/database-error.base.js';

/** Another process listens on the port that was asked for. */
export class EmbeddedPortInUseError extends DatabaseError {
  readonly code = 'EMBEDDED_PORT_IN_USE';

  static create(port: number, cause?: unknown): EmbeddedPortInUseError {
    return new EmbeddedPortInUseError(
      `Cannot start the embedded PostgreSQL on 127.0.0.1:${port}: another process listens there. ` +
        'Stop that process, choose another port, or name none to get a free one.',
      { cause },
    );
  }
}

/** The cluster runs already, on another port than the one asked for, and others use it. */
export class EmbeddedPortMismatchError extends DatabaseError {
  readonly code = 'EMBEDDED_PORT_MISMATCH';

  static create(dir: string, running: number, asked: number): EmbeddedPortMismatchError {
    return new EmbeddedPortMismatchError(
      `Cannot move the embedded PostgreSQL of ${dir} from port ${running} to ${asked}: other connections use it. ` +
        `Ask for port ${running}, name none, or end the other connections first.`,
    );
  }
}

/** A server setting that cannot be handed to PostgreSQL as written. */
export class EmbeddedSettingInvalidError extends DatabaseError {
  readonly code = 'EMBEDDED_SETTING_INVALID';

  static create(name: string, value: string): EmbeddedSettingInvalidError {
    return new EmbeddedSettingInvalidError(
      `Cannot pass the server setting ${JSON.stringify(name)} = ${JSON.stringify(value)}: it has characters outside ` +
        'letters, digits and _.,:/*+ -. Change it with ALTER SYSTEM once the server runs.',
    );
  }
}

/** `initdb` did not make a cluster; the message carries what it said. */
export class EmbeddedInitFailedError extends DatabaseError {
  readonly code = 'EMBEDDED_INIT_FAILED';

  static create(data: string, output: string): EmbeddedInitFailedError {
    return new EmbeddedInitFailedError(
      `Cannot make a PostgreSQL cluster in ${data}: initdb failed. Correct what it says and start again.\n${output}`,
    );
  }
}

/** The server does not come up; the message carries the last lines of its log. */
export class EmbeddedStartFailedError extends DatabaseError {
  readonly code = 'EMBEDDED_START_FAILED';

  static create(logFile: string, seen: string, logTail: string, cause?: unknown): EmbeddedStartFailedError {
    return new EmbeddedStartFailedError(
      `Cannot start the embedded PostgreSQL: ${seen}. Read ${logFile}, which ends with:\n${logTail}`,
      { cause },
    );
  }
}

/** The running server refuses the passwords that were made with its cluster. */
export class EmbeddedLoginRefusedError extends DatabaseError {
  readonly code = 'EMBEDDED_LOGIN_REFUSED';

  static create(port: number, passwordsFile: string, cause: unknown): EmbeddedLoginRefusedError {
    return new EmbeddedLoginRefusedError(
      `Cannot log in to the embedded PostgreSQL on 127.0.0.1:${port}: it refuses the passwords of ${passwordsFile}. ` +
        'Set the password of the role postgres back to the one of that file, or correct the file.',
      { cause },
    );
  }
}

/** The server did not stop; it may still run. */
export class EmbeddedStopFailedError extends DatabaseError {
  readonly code = 'EMBEDDED_STOP_FAILED';

  static create(dir: string, output: string): EmbeddedStopFailedError {
    return new EmbeddedStopFailedError(
      `Cannot stop the embedded PostgreSQL of ${dir}: ${output}. The next start adopts it; its data is safe.`,
    );
  }
}
