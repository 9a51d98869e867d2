import { AuditError } from '../../../audit/plain.js';

/** Tables contradict the ledger's signed acts, so that the ledger does not rely on these tables. */
export class ActsContradictedError extends AuditError {
  readonly code = 'AUDIT_ACTS_CONTRADICTED';

  /** @param seen the contradiction, as a clause */
  static create(seen: string): ActsContradictedError {
    return new ActsContradictedError(
      `Cannot rely on the tables of legal holds, erasures and streams: ${seen}. They contradict the ledger's signed acts. ` +
        'No data was removed because of them. Run nestjs-audit-ledger verify, restore the named rows from a backup, and try again.',
    );
  }
}
