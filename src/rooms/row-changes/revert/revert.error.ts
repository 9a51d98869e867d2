import { AuditError } from '../../../audit/plain.js';

/** A captured change cannot be undone. */
export class RevertRefusedError extends AuditError {
  readonly code = 'AUDIT_REVERT_REFUSED';

  static because(eventId: string, seen: string, next: string): RevertRefusedError {
    return new RevertRefusedError(`Cannot revert the change of event ${eventId}: ${seen}. ${next}`);
  }
}
