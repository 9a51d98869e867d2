import { AuditError } from '../../../audit/plain.js';

/** Another process holds a lock of the ledger for too long. */
export class LockHeldError extends AuditError {
  readonly code = 'AUDIT_LOCK_HELD';

  /** @param holder a noun */
  static ofArchives(holder: string): LockHeldError {
    return new LockHeldError(
      `Cannot take the lock of the archives for longer than a minute: ${holder} holds it. If that is an erasure or a retention of the ` +
        'application, wait for its end; else end the session: "SELECT pg_terminate_backend(<pid>)".',
    );
  }

  /** @param seen who holds it: a sentence */
  static by(seen: string): LockHeldError {
    return new LockHeldError(
      `Cannot take a lock of the ledger for longer than a minute: a session that is not an instance of the application holds it. ${seen} ` +
        'See what that session does, and end it: "SELECT pg_terminate_backend(<pid>)".',
    );
  }
}
