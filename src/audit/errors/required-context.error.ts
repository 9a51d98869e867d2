import { HttpException, HttpStatus, BadRequestException } from '@nestjs/common';

export type RequiredContextField = 'actor' | 'tenant';

const OPTIONS = { actor: 'requireActor', tenant: 'requireTenant' } as const;

/**
 * An event lacks the actor or the tenant that `requireActor` or `requireTenant` requires. The response is HTTP 403 if the operation was not
 * started. If `record()` throws the error, the response is HTTP 500, because the operation has already started. Extends Nest's exception,
 * not {@link AuditError}.
 */
export class RequiredContextError extends HttpException {
  readonly code = 'AUDIT_CONTEXT_REQUIRED';

  private constructor(
    readonly eventType: string,
    readonly missing: readonly RequiredContextField[],
    message: string,
    status: HttpStatus,
  ) {
    super({ statusCode: status, code: 'AUDIT_CONTEXT_REQUIRED', message }, status);
  }

  /** Makes the error of an operation that must not start. */
  static beforeStart(action: string, missing: readonly RequiredContextField[]): RequiredContextError {
    const message = `Cannot start ${action}: its ${missing.join(' and its ')} must be known first. Authenticate, or name the tenant in the request.`;
    return new RequiredContextError(action, missing, message, HttpStatus.FORBIDDEN);
  }

  static ofRecord(eventType: string, missing: readonly RequiredContextField[]): RequiredContextError {
    const options = missing.map((field) => OPTIONS[field]).join(' and ');
    const message =
      `Cannot record the event ${eventType}: it has no ${missing.join(' and no ')}, which ${options} of the audit module requires. ` +
      'Give it in the call, or set it with AuditContext.set() or run() before.';
    return new RequiredContextError(eventType, missing, message, HttpStatus.INTERNAL_SERVER_ERROR);
  }

  /** The reason in the event of an operation that was not started. */
  get reason(): string | undefined {
    return this.getStatus() === 403 ? `${this.missing.join('_and_')}_missing` : undefined;
  }
}

/** A handler with `@AuditReason({ required: true })` was called without a reason, and was not started. The response is HTTP 400. */
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
      message: `Cannot start the operation: the reason is missing. State it in ${places.join(' or ')}.`,
    });
  }
}
