import { HttpException } from '@nestjs/common';
import { AuditContext } from '../audit/index.js';

/** A request that the application refuses. The client gets the message; the audit event of the operation gets the reason. */
export class RefusedError extends HttpException {
  /**
   * @param status the HTTP status
   * @param reason in snake_case
   * @param message what failed, what was seen, and what to do
   */
  constructor(status: number, reason: string, message: string) {
    super({ statusCode: status, message }, status);
    AuditContext.annotate({ reason });
  }
}
