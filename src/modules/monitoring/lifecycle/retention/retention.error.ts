import { AuditError } from '../../../../audit/index.js';

/** Events that are due could not be retired: they are all still there, or in their archive. */
export class RetentionError extends AuditError {
  readonly code = 'AUDIT_RETENTION_FAILED';

  constructor(partition: string, seen: string, cause?: unknown) {
    super(
      `Cannot retire events of ${partition}: ${seen}. Nothing is lost; find out by nestjs-audit-ledger verify whether the ledger ` +
        'was tampered with, and run the retention again.',
      { cause },
    );
  }
}
