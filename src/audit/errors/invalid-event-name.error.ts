import { AuditError } from './audit.error.js';

/** A name that is not an event name was recorded or given to `@Audited`. */
export class InvalidEventNameError extends AuditError {
  readonly code = 'AUDIT_EVENT_NAME_INVALID';

  constructor(name: unknown) {
    const seen = typeof name === 'string' ? `"${name.slice(0, 64)}"` : `a value of type ${typeof name}`;
    super(
      `Cannot record an event: ${seen} is not an event name. ` +
        'Use 1 to 128 characters, a lower-case letter first, then letters, digits and _ . : -',
    );
  }
}
