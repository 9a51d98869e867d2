import { InternalServerErrorException } from '@nestjs/common';

/**
 * With `onFailure: 'closed'`, an operation ran after its `attempted` event was stored, and the event of its outcome could be
 * stored nowhere. HTTP 500 and not 503: a client that repeated it would do it twice. It extends Nest's exception and not
 * {@link AuditError}.
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
          'Do not repeat it; look up what it did first.',
      },
      options,
    );
  }
}
