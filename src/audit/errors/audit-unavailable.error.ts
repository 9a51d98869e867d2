import { ServiceUnavailableException, InternalServerErrorException } from '@nestjs/common';

/**
 * An event with the policy `onFailure: 'closed'` could not be stored anywhere. The operation did not run, or it was rolled back. The
 * response is HTTP 503, so this error extends Nest's exception, not {@link AuditError}.
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

/**
 * With `onFailure: 'closed'`, an operation ran after its `attempted` event was stored, but the event with its outcome could not be stored
 * anywhere. The response is HTTP 500, not 503, since a client must not repeat the request. Extends Nest's exception, not {@link
 * AuditError}.
 */
export class AuditOutcomeLostError extends InternalServerErrorException {
  readonly code = 'AUDIT_OUTCOME_LOST';

  constructor(eventType: string, options?: { readonly cause?: unknown }) {
    super(
      {
        statusCode: 500,
        code: 'AUDIT_OUTCOME_LOST',
        message:
          `Cannot record the event ${eventType}: the operation ran, but no audit provider could store its outcome. ` +
          'Do not repeat the operation. First look up what it did.',
      },
      options,
    );
  }
}
