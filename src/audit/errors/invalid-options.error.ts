import { AuditError } from './audit.error.js';

/** The options of the audit module, or of the monitoring module, contradict themselves or the rules. */
export class InvalidOptionsError extends AuditError {
  readonly code = 'AUDIT_OPTIONS_INVALID';

  constructor(
    readonly problems: readonly string[],
    module: 'Audit' | 'Monitoring' = 'Audit',
  ) {
    super(
      `Cannot start the ${module.toLowerCase()} module: ${problems.join('; ')}. Correct the options given to ${module}Module.`,
    );
  }
}
