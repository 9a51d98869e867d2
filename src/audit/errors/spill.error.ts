import { AuditError } from './audit.error.js';

/** The spill folder has reached its maximum size. */
export class SpillFullError extends AuditError {
  readonly code = 'AUDIT_SPILL_FULL';

  constructor(path: string, bytes: number, maxBytes: number) {
    super(
      `Cannot store more events in the spill ${path}: it has ${bytes} of at most ${maxBytes} bytes. ` +
        'Repair the provider whose events wait in the spill, or raise maxSpillBytes.',
    );
  }
}

/** A command on a spill folder cannot be carried out. The folder is unchanged. */
export class SpillRequestError extends AuditError {
  readonly code = 'AUDIT_SPILL_REQUEST_INVALID';

  static noFolder(path: string): SpillRequestError {
    return new SpillRequestError(
      `Cannot read the spill ${path}: the folder is missing. Name the application's spill folder.`,
    );
  }

  static unknownIds(path: string, ids: readonly string[]): SpillRequestError {
    return new SpillRequestError(
      `Cannot find these dead letters in the spill ${path}: ${ids.join(', ')}. ` +
        'Nothing was changed. Use the ids in the output of `spill list`.',
    );
  }

  static nothingNamed(): SpillRequestError {
    return new SpillRequestError('Cannot choose the dead letters: name either their ids or --all.');
  }

  static ownFolder(path: string): SpillRequestError {
    return new SpillRequestError(
      `Cannot adopt the spill ${path}: it is the application's own folder. Name the folder of a dead instance.`,
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
      `Cannot check the lines of the spill ${path}: ${why}. Set AUDIT_SPILL_KEY to the spill key of the application.`,
    );
  }

  static foreignKey(path: string): SpillRequestError {
    return new SpillRequestError(
      `Cannot adopt the spill ${path}: its lines are signed with another key. Nothing was moved. Add the key of the dead ` +
        'instance to AUDIT_SPILL_KEY, after a comma, for this command and for the application.',
    );
  }

  static noReason(): SpillRequestError {
    return new SpillRequestError(
      'Cannot drop dead letters: the reason is missing. State it with --reason. It is recorded.',
    );
  }
}
