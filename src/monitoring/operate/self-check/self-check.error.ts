import { AuditError } from '../../../audit/plain.js';

/** The self-check found that the ledger differs from its signed checkpoints. */
export class IntegrityViolationError extends AuditError {
  readonly code = 'AUDIT_INTEGRITY_VIOLATION';

  /** @param first the first finding, as a text */
  constructor(findings: number, first: string) {
    super(
      `Cannot confirm the ledger's integrity: the self-check has ${findings} finding(s), the first: ${first}. ` +
        'Do not change the database. Run nestjs-audit-ledger verify, with a checkpoint from outside the database, to find all damage.',
    );
  }
}

/** The self-check failed several times in a row. Until a check succeeds, this process does not notice damage to the ledger. */
export class SelfCheckFailingError extends AuditError {
  readonly code = 'AUDIT_SELF_CHECK_FAILING';

  constructor(times: number, cause: Error) {
    super(
      `Cannot confirm the ledger's integrity: its self-check failed ${times} times in a row. ${cause.message} ` +
        'Run nestjs-audit-ledger verify to find the cause.',
      { cause },
    );
  }
}
