import { AuditError } from '../../../../audit/plain.js';

/** Somebody answers an alert that nobody has to answer. */
export class AlertSuppressedError extends AuditError {
  readonly code = 'AUDIT_ALERT_SUPPRESSED';

  constructor(id: string) {
    super(
      `Cannot answer the alert ${id}: it was suppressed when its rule matched. End the suppression to be alerted of the next match.`,
    );
  }
}
