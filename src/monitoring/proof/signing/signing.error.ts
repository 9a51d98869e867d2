import { AuditError, errorMessage } from '../../../audit/plain.js';

/** The ledger's key file is missing, and the caller may not create one. */
export class SigningKeyMissingError extends AuditError {
  readonly code = 'AUDIT_SIGNING_KEY_MISSING';

  static create(path: string): SigningKeyMissingError {
    return new SigningKeyMissingError(
      `Cannot sign the ledger's checkpoints: the key file ${path} is missing. Make one with nestjs-audit-ledger keygen, ` +
        'give it to every instance, keep a copy elsewhere, and set the option signingKeyFile of MonitoringModule to its path, or signingKey to its text. A key service signs by the option signer.',
    );
  }

  /** Returns the error for a command. A command needs the key of an existing ledger, and must not create a key. */
  static forCommand(path: string): SigningKeyMissingError {
    return new SigningKeyMissingError(
      `Cannot sign or check with the ledger's key: the key file ${path} is missing. Set AUDIT_SIGNING_KEY_FILE to the ` +
        "application's key file. A command with the option --key can check with the verifier key instead. Only the application can sign by its option signer.",
    );
  }
}

/** The key file cannot be used. The message never contains the key. */
export class SigningKeyInvalidError extends AuditError {
  readonly code = 'AUDIT_SIGNING_KEY_INVALID';

  constructor(path: string, seen: string, cause?: unknown) {
    super(
      `Cannot sign the ledger's checkpoints with the key in ${path}: ${seen}. ` +
        'Restore it, or correct the options signingKeyFile, signingKey and origin of MonitoringModule; for a command, AUDIT_SIGNING_KEY_FILE and AUDIT_LEDGER_ORIGIN.',
      { cause },
    );
  }
}

/** The option `signer` did not sign, or its signature is wrong. Nothing was signed or stored, and the caller may try again. */
export class SigningFailedError extends AuditError {
  readonly code = 'AUDIT_SIGNING_FAILED';

  /** @param key the label of the key, which is public */
  static create(key: string, seen: string, cause: unknown): SigningFailedError {
    return new SigningFailedError(
      `Cannot sign with the key ${key} of the option signer: ${seen.replace(/\.$/, '')}. Check that the key service answers, that the application ` +
        'may sign there, and that publicKey belongs to the key that signs.',
      { cause },
    );
  }
}

const WHERE =
  'the option checkpointMemory of MonitoringModule (AUDIT_CHECKPOINT_MEMORY) to a file that the application can write, or to a store';

/** The last signed checkpoint cannot be read or stored outside the database. */
export class CheckpointMemoryUnusableError extends AuditError {
  readonly code = 'AUDIT_CHECKPOINT_MEMORY_UNUSABLE';

  static create(does: 'read' | 'write', path: string, cause: unknown): CheckpointMemoryUnusableError {
    return new CheckpointMemoryUnusableError(
      `Cannot ${does} the ledger's last signed checkpoint outside the database, in ${path}: ${errorMessage(cause)}. Without it, ` +
        `the application does not notice an older copy of the database. Set ${WHERE}. All instances must use the same one.`,
      { cause },
    );
  }
}

/** The ledger has signed checkpoints, but the place outside the database has none. */
export class CheckpointMemoryLostError extends AuditError {
  readonly code = 'AUDIT_CHECKPOINT_MEMORY_LOST';

  static create(path: string, size: number): CheckpointMemoryLostError {
    return new CheckpointMemoryLostError(
      `Cannot check that the database is the newest one: the ledger has a checkpoint of size ${size}, but ${path} has none. ` +
        'Restore it and restart the application. If it is lost, check the ledger with nestjs-audit-ledger verify --checkpoint, and run ' +
        `nestjs-audit-ledger adopt. If each instance has its own file, set ${WHERE} that all instances share.`,
    );
  }
}
