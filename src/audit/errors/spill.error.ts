import { AuditError } from './audit.error.js';

/** The spill folder has reached its maximum size. */
export class SpillFullError extends AuditError {
  readonly code = 'AUDIT_SPILL_FULL';

  constructor(path: string, bytes: number, maxBytes: number) {
    super(
      `Cannot keep more in the spill ${path}: it holds ${bytes} of at most ${maxBytes} bytes. ` +
        'Repair the provider whose events wait there, or allow the spill more.',
    );
  }
}

/** A command asked a spill folder for something impossible; nothing was changed. */
export class SpillRequestError extends AuditError {
  readonly code = 'AUDIT_SPILL_REQUEST_INVALID';

  static noFolder(path: string): SpillRequestError {
    return new SpillRequestError(
      `Cannot look into the spill ${path}: there is no such folder. Name the application's spill folder.`,
    );
  }

  static unknownIds(path: string, ids: readonly string[]): SpillRequestError {
    return new SpillRequestError(
      `Cannot find these dead letters in the spill ${path}: ${ids.join(', ')}. ` +
        'Nothing was changed. Use the ids that `spill list` shows.',
    );
  }

  static nothingNamed(): SpillRequestError {
    return new SpillRequestError(
      'Cannot tell which dead letters are meant: there is neither an id nor --all, or both. Name the ids, or say --all.',
    );
  }

  static ownFolder(path: string): SpillRequestError {
    return new SpillRequestError(
      `Cannot adopt the spill ${path}: it is the folder of the application itself, which replays it. Name the folder of a dead instance.`,
    );
  }

  static alive(path: string, { host, pid }: { readonly host: string; readonly pid: number }): SpillRequestError {
    return new SpillRequestError(
      `Cannot adopt the spill ${path}: process ${pid} on ${host} used it in the last 30 seconds, and may be alive. Nothing was ` +
        'moved. Stop that instance, or, if it is dead, try again half a minute later.',
    );
  }

  static noKey(path: string, why: string): SpillRequestError {
    return new SpillRequestError(
      `Cannot check the lines of the spill ${path}: ${why}. Set AUDIT_SPILL_KEY to the application's key of the spill.`,
    );
  }

  static foreignKey(path: string): SpillRequestError {
    return new SpillRequestError(
      `Cannot adopt the spill ${path}: its lines are signed with another key. Nothing was moved. Add the key of the dead ` +
        'instance to AUDIT_SPILL_KEY, after a comma, for this command and for the application.',
    );
  }

  static noReason(): SpillRequestError {
    return new SpillRequestError('Cannot drop dead letters: no reason is given. Say why with --reason; it is audited.');
  }
}
