import { AuditError } from '../../../audit/plain.js';

/** A table contradicts the signed acts of the ledger, so the ledger cannot use the table. */
export class ActsContradictedError extends AuditError {
  readonly code = 'AUDIT_ACTS_CONTRADICTED';

  /** @param seen the contradiction, as a clause */
  static create(seen: string): ActsContradictedError {
    return new ActsContradictedError(
      `Cannot rely on the tables of legal holds, erasures and streams: ${seen}. They contradict the ledger's signed acts. ` +
        'No data was removed on the basis of these tables. Run nestjs-audit-ledger verify, restore the named rows from a backup, and try again.',
    );
  }
}
