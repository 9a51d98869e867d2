import { AuditError } from '../../../audit/plain.js';

/** The alert needs no answer, because it is suppressed. */
export class AlertSuppressedError extends AuditError {
  readonly code = 'AUDIT_ALERT_SUPPRESSED';

  constructor(id: string) {
    super(
      `Cannot answer the alert ${id}: it was suppressed when its rule matched. End the suppression to be alerted of the next match.`,
    );
  }
}

/** A suppression is invalid. */
export class InvalidSuppressionError extends AuditError {
  readonly code = 'AUDIT_SUPPRESSION_INVALID';

  /** @param next a sentence without its full stop */
  static create(seen: string, next: string): InvalidSuppressionError {
    return new InvalidSuppressionError(`Cannot suppress alerts: ${seen}. ${next}.`);
  }
}
