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

/** The ledger has no inconsistency that an adoption could settle. */
export class NothingToAdoptError extends AuditError {
  readonly code = 'AUDIT_NOTHING_TO_ADOPT';

  constructor(size: number) {
    super(
      `Cannot adopt the database's ledger: of size ${size}, it continues what was signed with the key file and what was ` +
        'published, or an earlier adoption accounts for it. There is nothing to do; if verify names a checkpoint that you kept ' +
        'elsewhere, give it by --checkpoint.',
    );
  }
}
