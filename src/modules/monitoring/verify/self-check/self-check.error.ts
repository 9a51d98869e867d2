import { AuditError } from '../../../../audit/plain.js';

/** The self-check found that the ledger differs from what was signed. */
export class IntegrityViolationError extends AuditError {
  readonly code = 'AUDIT_INTEGRITY_VIOLATION';

  /** @param first the first finding, as a text */
  constructor(findings: number, first: string) {
    super(
      `Cannot vouch for the ledger: the self-check has ${findings} finding(s), the first: ${first}. ` +
        'Find out all by nestjs-audit-ledger verify, with a checkpoint that was kept elsewhere, and keep the database as it is.',
    );
  }
}

/** The self-check failed several times in a row, so that damage to the ledger would go unnoticed here. */
export class SelfCheckFailingError extends AuditError {
  readonly code = 'AUDIT_SELF_CHECK_FAILING';

  constructor(times: number, cause: Error) {
    super(
      `Cannot vouch for the ledger: its self-check failed ${times} times in a row. ${cause.message} ` +
        'Find out by nestjs-audit-ledger verify what it stumbles over.',
      { cause },
    );
  }
}
