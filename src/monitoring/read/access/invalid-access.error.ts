import { AuditError } from '../../../audit/plain.js';

/** The application's `authorize` returned a value that is not an access. */
export class InvalidAccessError extends AuditError {
  readonly code = 'AUDIT_ACCESS_INVALID';

  static create(): InvalidAccessError {
    return new InvalidAccessError(
      `Cannot show the ledger: authorize returned neither false nor an access. Return { scope: 'all' }, ` +
        `{ scope: 'tenants', tenantIds: ['…'] } or { scope: 'subject', subjectId: '…' } from it.`,
    );
  }
}
