import { ServiceUnavailableException } from '@nestjs/common';

/**
 * An event with the policy `onFailure: 'closed'` could not be stored anywhere, and either nothing had been done, or everything was rolled
 * back. It answers with HTTP 503, so it extends Nest's exception, not {@link AuditError}.
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
