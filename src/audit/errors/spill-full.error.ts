import { AuditError } from './audit.error.js';

/** The spill folder has reached its maximum size. */
export class SpillFullError extends AuditError {
  readonly code = 'AUDIT_SPILL_FULL';

  constructor(path: string, bytes: number, maxBytes: number) {
    super(
      `Cannot keep more in the spill ${path}: it holds ${bytes} of at most ${maxBytes} bytes. ` +
        'Repair the provider whose events wait there, or allow the spill more.',
    );
  }
}
