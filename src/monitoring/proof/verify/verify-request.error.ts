import { AuditError } from '../../../audit/plain.js';
import { MAKE_TABLES } from '../../store/sessions/classify-ledger-error.js';

/** A request to verify is invalid. This error says nothing about the ledger's integrity. */
export class VerifyRequestError extends AuditError {
  readonly code = 'AUDIT_VERIFY_REQUEST_INVALID';

  static noKey(): VerifyRequestError {
    return new VerifyRequestError(
      'Cannot verify the ledger: no verifier key is given, and the database contains none. Use --key to give the ' +
        'verifier key that nestjs-audit-ledger keygen printed.',
    );
  }

  /** @param seen the signers of the checkpoints */
  static unknownKey(given: readonly string[], seen: readonly string[]): VerifyRequestError {
    return new VerifyRequestError(
      `Cannot verify the ledger: no checkpoint is signed with the given key ${given.join(', ')}, and no act of key change connects ` +
        `this key with the signer of the checkpoints, ${seen.join(', ')}. Give the verifier key of this ledger. If you gave that key, ` +
        'somebody signed all checkpoints again: use --checkpoint to give a checkpoint that was stored outside the database.',
    );
  }

  static severalLogs(one: string, other: string): VerifyRequestError {
    return new VerifyRequestError(
      `Cannot verify the ledger: the keys belong to several logs, ${one} and ${other}. Give the keys of one log.`,
    );
  }

  static noCheckpointOf(size: number, seen: readonly number[]): VerifyRequestError {
    return new VerifyRequestError(
      `Cannot verify the export with --checkpoint: the export ends at a tree of ${size} events, and the given checkpoints have the sizes ` +
        `${seen.join(', ')}. Give the checkpoint of that size, or omit the option.`,
    );
  }

  static notResumed(path: string, seen: string): VerifyRequestError {
    return new VerifyRequestError(
      `Cannot resume from ${path}: ${seen}. Delete the file to verify from the beginning, or give the file of this ledger.`,
    );
  }

  static noArchive(folder: string): VerifyRequestError {
    return new VerifyRequestError(
      `Cannot verify with the archives in ${folder}: neither the folder nor its subfolders contain a manifest. Give an archive, or the ` +
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
      `Cannot verify the event in ${path}: ${seen}. Give its entry from tile/entries, or a JSON object with the same value.`,
    );
  }

  static notWitnessed(seen: string): VerifyRequestError {
    return new VerifyRequestError(
      `Cannot verify cosignatures: ${seen}. Give each witness's verifier key with --witness, and a --quorum of at most the number of witnesses.`,
    );
  }

  static noTables(): VerifyRequestError {
    return new VerifyRequestError(
      `Cannot verify the ledger: the database has no table audit_checkpoint that this role can read. ${MAKE_TABLES}, and use a role that may read them.`,
    );
  }
}
