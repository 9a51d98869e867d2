import { AuditError } from '../../../../audit/plain.js';

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
