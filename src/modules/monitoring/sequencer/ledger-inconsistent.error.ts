import { AuditError } from '../../../audit/plain.js';

/** The database contradicts the last checkpoint, so no further one is signed. */
export class LedgerInconsistentError extends AuditError {
  readonly code = 'AUDIT_LEDGER_INCONSISTENT';

  /** @param seen the contradiction, as a clause */
  constructor(seen: string, cause?: unknown) {
    super(
      `Cannot continue sealing the ledger: ${seen}. Events are stored, but not sealed. Find out by nestjs-audit-ledger verify ` +
        'whether it was tampered with; after a restore from a backup, run nestjs-audit-ledger adopt.',
      { cause },
    );
  }
}
