import { AuditError } from '../../../../audit/plain.js';

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
