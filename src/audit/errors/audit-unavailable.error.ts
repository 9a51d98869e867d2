import { ServiceUnavailableException } from '@nestjs/common';

/**
 * An event could be stored nowhere and its policy is `onFailure: 'closed'`, before anything was done, or after what was done
 * was rolled back. Answers as HTTP 503, so it extends Nest's exception and not {@link AuditError}.
 */
export class AuditUnavailableError extends ServiceUnavailableException {
  readonly code = 'AUDIT_UNAVAILABLE';

  constructor(readonly eventType: string) {
    super({
      statusCode: 503,
      code: 'AUDIT_UNAVAILABLE',
      message: `Cannot record the event ${eventType}: no audit provider could store it. Try again later.`,
    });
  }
}
