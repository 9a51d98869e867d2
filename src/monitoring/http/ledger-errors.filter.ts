import { STATUS_CODES } from 'node:http';
import { Catch, HttpException, Logger, type ArgumentsHost } from '@nestjs/common';
import { BaseExceptionFilter } from '@nestjs/core';
import { RouteError } from './route.error.js';

/** Answers the errors that have a status, with that status and their code. Other errors are left to the application. */
@Catch(RouteError)
export class LedgerErrorsFilter extends BaseExceptionFilter {
  private readonly logger = new Logger('AuditLedger');

  override catch({ httpStatus, code, problems, publicMessage, message }: RouteError, host: ArgumentsHost): void {
    if (publicMessage !== undefined) this.logger.error(message);
    const body = {
      statusCode: httpStatus,
      error: STATUS_CODES[httpStatus],
      code,
      message: publicMessage ?? problems ?? message,
    };
    super.catch(new HttpException(body, httpStatus), host);
  }
}
