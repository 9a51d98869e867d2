import { HttpException } from '@nestjs/common';
import type { ErrorFacts } from '../../base/errors/audit.error.js';
import type { AuditErrorCode } from '../../base/errors/error-codes.generated.js';

/**
 * An error that answers the request in any application, with its own status and code. It therefore extends Nest's exception, and not
 * `AuditError`.
 */
export class AuditHttpException extends HttpException implements ErrorFacts {
  declare readonly eventType?: string;
  declare readonly missing?: readonly string[];
  declare readonly reason?: string;

  constructor(
    /** The stable code. `docs/reference/errors.md` lists all codes. */
    readonly code: AuditErrorCode,
    message: string,
    status: number,
    { cause, ...facts }: ErrorFacts = {},
    body: object = {},
  ) {
    super({ statusCode: status, code, message, ...body }, status, { cause });
    Object.assign(this, facts);
  }
}
