import { AuditError } from '../../../../audit/plain.js';
import type { Retirement } from './retirement.js';

/** Due events could not be retired. All due events are still in the ledger, or in their archive. */
export class RetentionError extends AuditError {
  readonly code = 'AUDIT_RETENTION_FAILED';

  constructor(partition: string, seen: string, cause?: unknown) {
    super(
      `Cannot retire events of ${partition}: ${seen}. No event is lost. Run nestjs-audit-ledger verify to see whether the ledger was ` +
        'tampered with, and then run the retention again.',
      { cause },
    );
  }

  static tooEarly({ partition, cutoff }: Pick<Retirement, 'partition' | 'cutoff'>, now: string): RetentionError {
    return new RetentionError(
      partition,
      `the cutoff ${cutoff} is too late for its policy: the clock of the database server shows ${now}`,
    );
  }
}

/** The file with the retention rules cannot be read, or is invalid. */
export class RetentionFileError extends AuditError {
  readonly code = 'AUDIT_RETENTION_FILE_INVALID';

  static create(file: string, seen: string, cause?: unknown): RetentionFileError {
    return new RetentionFileError(
      `Cannot use the retention file ${file}: ${seen}. Write the option retention of the monitoring module as JSON: ` +
        '{ "days": 90, "categories": { "payment": 3650 } }.',
      { cause },
    );
  }
}

/** A legal hold covers an event of a planned retirement. */
export class EventHeldError extends Error {}
