import { AuditError } from './audit.error.js';

/** The options disable an audit provider that does not exist. */
export class UnknownBackendError extends AuditError {
  readonly code = 'AUDIT_BACKEND_UNKNOWN';

  static create(backend: string, known: readonly string[]): UnknownBackendError {
    return new UnknownBackendError(
      `Cannot disable the audit provider "${backend}": no provider has that name. ` +
        (known.length === 0 ? 'No provider is registered.' : `Use one of: ${known.join(', ')}.`),
    );
  }
}
