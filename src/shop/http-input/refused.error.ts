import { HttpException } from '@nestjs/common';
import { AuditContext } from '../../audit/index.js';

/** The application refuses a request. The client gets the message, and the audit event of the operation gets the reason. */
export class RefusedError extends HttpException {
  /**
   * @param status the HTTP status
   * @param reason the reason in snake_case, for the audit event
   * @param message what failed, what the application saw, and what the client can do
   */
  constructor(status: number, reason: string, message: string) {
    super({ statusCode: status, message }, status);
    AuditContext.annotate({ reason });
  }
}
