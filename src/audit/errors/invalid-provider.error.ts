import { AuditError } from './audit.error.js';

/** A class marked with `@AuditProvider` cannot be an audit provider. */
export class InvalidProviderError extends AuditError {
  readonly code = 'AUDIT_PROVIDER_INVALID';

  static requestScoped(className: string): InvalidProviderError {
    return new InvalidProviderError(
      `Cannot register the audit provider ${className}: it is request-scoped or transient, so there is no one instance to ` +
        'send events to. Make it, and all that it injects, a singleton.',
    );
  }

  static withoutRecord(className: string, module: string): InvalidProviderError {
    return new InvalidProviderError(
      `Cannot register the audit provider ${className} of ${module}: it has no method record(). ` +
        'Implement the interface AuditProvider.',
    );
  }

  static badBackend(className: string, backend: string): InvalidProviderError {
    return new InvalidProviderError(
      `Cannot register the audit provider ${className}: "${backend}" is not a backend name. ` +
        'Use 1 to 63 lower-case letters, digits and hyphens, a letter first.',
    );
  }
}
