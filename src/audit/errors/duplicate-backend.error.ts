import { AuditError } from './audit.error.js';

/** Two audit providers have the same name. */
export class DuplicateBackendError extends AuditError {
  readonly code = 'AUDIT_BACKEND_DUPLICATE';

  static create(backend: string, firstModule: string, secondModule: string): DuplicateBackendError {
    const where =
      firstModule === secondModule ? `twice in ${firstModule}` : `by ${firstModule} and again by ${secondModule}`;
    return new DuplicateBackendError(
      `Cannot register the audit provider "${backend}": it is registered ${where}, so it would get every event twice. ` +
        'Provide it in one module and export it from there, or give one of them another backend name.',
    );
  }
}
