import { AuditError } from '../../../audit/plain.js';

/** The database is not what the last checkpoint says: nothing more is signed. */
export class LedgerInconsistentError extends AuditError {
  readonly code = 'AUDIT_LEDGER_INCONSISTENT';

  /** @param seen what contradicts what, a clause */
  constructor(seen: string, cause?: unknown) {
    super(
      `Cannot continue sealing the ledger: ${seen}. Events are stored, but not sealed. Find out by nestjs-audit-ledger verify ` +
        'whether it was tampered with; after a restore from a backup, run nestjs-audit-ledger adopt.',
      { cause },
    );
  }
}
