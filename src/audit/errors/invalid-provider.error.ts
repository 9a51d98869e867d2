import { AuditError } from './audit.error.js';

/** A class with `@AuditProvider` is invalid, two providers have the same name, or the options disable an unknown provider. */
export class InvalidProviderError extends AuditError {
  readonly code = 'AUDIT_PROVIDER_INVALID';

  static requestScoped(className: string): InvalidProviderError {
    return new InvalidProviderError(
      `Cannot register the audit provider ${className}: it is request-scoped or transient, so no single instance can ` +
        'receive the events. Make the provider, and everything that it injects, a singleton.',
    );
  }

  static withoutRecord(className: string, module: string): InvalidProviderError {
    return new InvalidProviderError(
      `Cannot register the audit provider ${className} of ${module}: it has no method record(). ` +
        'Implement the interface AuditProvider.',
    );
  }

  static duplicate(backend: string, firstModule: string, secondModule: string): InvalidProviderError {
    const where =
      firstModule === secondModule ? `twice in ${firstModule}` : `by ${firstModule} and again by ${secondModule}`;
    return new InvalidProviderError(
      `Cannot register the audit provider "${backend}": it is registered ${where}, so it would get every event twice. ` +
        'Provide it in one module and export it from that module, or give one provider another backend name.',
    );
  }

  static unknown(backend: string, known: readonly string[]): InvalidProviderError {
    return new InvalidProviderError(
      `Cannot disable the audit provider "${backend}": no provider has that name. ` +
        (known.length === 0 ? 'No provider is registered.' : `Use one of: ${known.join(', ')}.`),
    );
  }

  static badBackend(className: string, backend: string): InvalidProviderError {
    return new InvalidProviderError(
      `Cannot register the audit provider ${className}: "${backend}" is not a backend name. ` +
        'Use 1 to 63 lower-case letters, digits and hyphens, a letter first.',
    );
  }
}
