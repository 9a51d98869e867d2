import { BadRequestException } from '@nestjs/common';

/** A handler with `@AuditReason({ required: true })` was called without a reason, and not started. HTTP 400. */
export class ReasonRequiredError extends BadRequestException {
  readonly code = 'AUDIT_REASON_REQUIRED';

  constructor({ header, body }: { readonly header?: string; readonly body?: string }) {
    const places = [header && `the header ${header.toLowerCase()}`, body && `the field ${body} of the body`].filter(
      Boolean,
    );
    super({
      statusCode: 400,
      code: 'AUDIT_REASON_REQUIRED',
      reason: 'reason_missing',
      message: `Cannot do this: it needs a reason. Give it in ${places.join(' or ')}.`,
    });
  }
}
