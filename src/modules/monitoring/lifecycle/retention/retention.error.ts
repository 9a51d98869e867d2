import { AuditError } from '../../../../audit/plain.js';

/** Events that are due could not be retired. All of them are still in the ledger, or in their archive. */
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

/** A file with retention rules cannot be read, or is invalid. */
export class RetentionFileError extends AuditError {
  readonly code = 'AUDIT_RETENTION_FILE_INVALID';

  /** @param seen what is wrong, a part of a sentence */
  static create(file: string, seen: string, cause?: unknown): RetentionFileError {
    return new RetentionFileError(
      `Cannot go by the retention file ${file}: ${seen}. It has to hold the option retention of the monitoring module, as JSON: ` +
        '{ "days": 90, "categories": { "payment": 3650 } }.',
      { cause },
    );
  }
}

/** A legal hold covers an event that was planned to be retired. */
export class EventHeldError extends Error {}
