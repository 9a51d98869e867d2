import { AuditError } from '../../../audit/plain.js';

/** Tables contradict the ledger's signed acts, so that the ledger refuses to act on them. */
export class ActsContradictedError extends AuditError {
  readonly code = 'AUDIT_ACTS_CONTRADICTED';

  /** @param seen a clause */
  static create(seen: string): ActsContradictedError {
    return new ActsContradictedError(
      `Cannot rely on what the tables say of legal holds, erasures and streams: ${seen}. They contradict the ledger's signed acts. Nothing was ` +
        'removed by them. Run nestjs-audit-ledger verify, put back what it names from a backup, and try again.',
    );
  }
}
