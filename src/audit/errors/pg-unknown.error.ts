import { AuditError } from './audit.error.js';

/** `auditedPg` was given an object other than the package pg. */
export class PgUnknownError extends AuditError {
  readonly code = 'AUDIT_PG_UNKNOWN';

  /** @throws PgUnknownError */
  static raise(): never {
    throw new PgUnknownError(
      'Cannot send the context of row changes: the given Client is not that of the package pg. Give `import pg from "pg"`; pg-native is not supported.',
    );
  }
}
