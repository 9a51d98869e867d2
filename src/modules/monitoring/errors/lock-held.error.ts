import { AuditError } from '../../../audit/plain.js';

/** Somebody else than an instance of the application holds a lock of the ledger. */
export class LockHeldError extends AuditError {
  readonly code = 'AUDIT_LOCK_HELD';

  /** @param seen who holds it: a sentence */
  static by(seen: string): LockHeldError {
    return new LockHeldError(
      `Cannot take a lock of the ledger for longer than a minute: a session that is not an instance of the application holds it. ${seen} ` +
        'See what that session does, and end it: "SELECT pg_terminate_backend(<pid>)".',
    );
  }
}
