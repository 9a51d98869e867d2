import { AuditError } from '../../../audit/plain.js';

/** Nothing to sign checkpoints with, where one is not just made. */
export class SigningKeyMissingError extends AuditError {
  readonly code = 'AUDIT_SIGNING_KEY_MISSING';

  constructor(path: string) {
    super(
      `Cannot sign the ledger's checkpoints: there is no key file ${path}. Make one with nestjs-audit-ledger keygen, ` +
        'give it to every instance, keep a copy elsewhere, and set the option signingKeyFile of MonitoringModule to its path.',
    );
  }
}

/** A key file that cannot be used. The message never says the key. */
export class SigningKeyInvalidError extends AuditError {
  readonly code = 'AUDIT_SIGNING_KEY_INVALID';

  constructor(path: string, seen: string, cause?: unknown) {
    super(
      `Cannot sign the ledger's checkpoints with the key file ${path}: ${seen}. ` +
        'Restore it, or correct the options signingKeyFile and origin of MonitoringModule.',
      { cause },
    );
  }
}
