import { AuditError } from '../../../audit/plain.js';

/** The ledger's key file is missing, and the caller may not create one. */
export class SigningKeyMissingError extends AuditError {
  readonly code = 'AUDIT_SIGNING_KEY_MISSING';

  static create(path: string): SigningKeyMissingError {
    return new SigningKeyMissingError(
      `Cannot sign the ledger's checkpoints: the key file ${path} is missing. Make one with nestjs-audit-ledger keygen, ` +
        'give it to every instance, keep a copy elsewhere, and set the option signingKeyFile of MonitoringModule to its path.',
    );
  }

  /** Returns the error for a command. A command needs the key of an existing ledger, and must not create a key. */
  static forCommand(path: string): SigningKeyMissingError {
    return new SigningKeyMissingError(
      `Cannot sign or check with the ledger's key: the key file ${path} is missing. Set AUDIT_SIGNING_KEY_FILE to the ` +
        "application's key file. A command with the option --key can check with the verifier key instead.",
    );
  }
}

/** The key file cannot be used. The message never contains the key. */
export class SigningKeyInvalidError extends AuditError {
  readonly code = 'AUDIT_SIGNING_KEY_INVALID';

  constructor(path: string, seen: string, cause?: unknown) {
    super(
      `Cannot sign the ledger's checkpoints with the key file ${path}: ${seen}. ` +
        'Restore it, or correct the options signingKeyFile and origin of MonitoringModule; for a command, AUDIT_SIGNING_KEY_FILE and AUDIT_LEDGER_ORIGIN.',
      { cause },
    );
  }
}
