import { AuditError } from '../../../audit/plain.js';
import { MAKE_TABLES } from '../store/sessions/classify-ledger-error.js';

/** A request to verify is invalid. This says nothing about the ledger. */
export class VerifyRequestError extends AuditError {
  readonly code = 'AUDIT_VERIFY_REQUEST_INVALID';

  static noKey(): VerifyRequestError {
    return new VerifyRequestError(
      'Cannot verify the ledger: no verifier key is given, and the database names none. Give --key with the verifier key, ' +
        'which nestjs-audit-ledger keygen printed.',
    );
  }

  /** @param seen the signers of the checkpoints */
  static unknownKey(given: readonly string[], seen: readonly string[]): VerifyRequestError {
    return new VerifyRequestError(
      `Cannot verify the ledger: the key ${given.join(', ')} signed none of its checkpoints, and no act of key change leads from it to ` +
        `${seen.join(', ')}, which did. Give the key of this ledger; if yours is its key, all checkpoints were signed again by another: ` +
        'give one that you kept with --checkpoint.',
    );
  }

  static severalLogs(one: string, other: string): VerifyRequestError {
    return new VerifyRequestError(
      `Cannot verify the ledger: the keys are of several logs, ${one} and ${other}. Give the keys of one log.`,
    );
  }

  static noCheckpointOf(size: number, seen: readonly number[]): VerifyRequestError {
    return new VerifyRequestError(
      `Cannot verify the export by --checkpoint: the export ends at a tree of ${size} events, and the checkpoints given are of ` +
        `${seen.join(', ')}. Give the checkpoint of that size, or none.`,
    );
  }

  static notResumed(path: string, seen: string): VerifyRequestError {
    return new VerifyRequestError(
      `Cannot resume from ${path}: ${seen}. Delete the file to verify from the beginning, or name that of this ledger.`,
    );
  }

  static noArchive(folder: string): VerifyRequestError {
    return new VerifyRequestError(
      `Cannot verify by the archives in ${folder}: it holds no manifest, and none of its folders does. Give an archive, or the ` +
        'folder of archives (AUDIT_ARCHIVE_DIR).',
    );
  }

  static noLog(folder: string, seen: string): VerifyRequestError {
    return new VerifyRequestError(
      `Cannot verify the files in ${folder}: ${seen}. Download the log as it is served: checkpoint, tile/… and tile/entries/….`,
    );
  }

  static noEvent(path: string, seen: string): VerifyRequestError {
    return new VerifyRequestError(
      `Cannot verify the event in ${path}: ${seen}. Give its entry of tile/entries, or a JSON object of the same value.`,
    );
  }

  static notWitnessed(seen: string): VerifyRequestError {
    return new VerifyRequestError(
      `Cannot verify cosignatures: ${seen}. Give each witness's verifier key by --witness, and a --quorum of at most their number.`,
    );
  }

  static noTables(): VerifyRequestError {
    return new VerifyRequestError(
      `Cannot verify the ledger: the database has no table audit_checkpoint that this role sees. ${MAKE_TABLES}, and a role that may read them.`,
    );
  }
}
