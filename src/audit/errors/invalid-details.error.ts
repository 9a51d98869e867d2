import type { AuditDetailsIssue } from '../event/audit-event.js';
import { AuditError } from './audit.error.js';

/** The details of an event contradict the catalogue, and the option `detailsValidation` is `throw`. */
export class InvalidDetailsError extends AuditError {
  readonly code = 'AUDIT_DETAILS_INVALID';

  constructor(
    eventType: string,
    readonly issues: readonly AuditDetailsIssue[],
  ) {
    const seen = issues.map(({ path, message }) => `${path === '' ? 'the details' : path} ${message}`).join('; ');
    super(
      `Cannot record the event ${eventType}: ${seen}. Correct the details, or set detailsValidation to 'mark' to keep them.`,
    );
  }
}
