import { STATUS_CODES } from 'node:http';
import { Catch, HttpException, Logger, type ArgumentsHost } from '@nestjs/common';
import { BaseExceptionFilter } from '@nestjs/core';
import { AuditError } from '../../audit/plain.js';

/** Nest finds the filter of an error by `instanceof`: each error of the tables that has a status is one of these. */
abstract class AnsweredError extends AuditError {
  declare readonly httpStatus: number;

  static override [Symbol.hasInstance](error: unknown): boolean {
    return error instanceof AuditError && error.httpStatus !== undefined;
  }
}

/** Answers the errors that have a status, with that status and their code. Other errors are left to the application. */
@Catch(AnsweredError)
export class LedgerErrorsFilter extends BaseExceptionFilter {
  private readonly logger = new Logger('AuditLedger');

  override catch({ httpStatus, code, problems, answer, message }: AnsweredError, host: ArgumentsHost): void {
    if (answer !== undefined) this.logger.error(message);
    const body = {
      statusCode: httpStatus,
      error: STATUS_CODES[httpStatus],
      code,
      message: answer ?? problems ?? message,
    };
    super.catch(new HttpException(body, httpStatus), host);
  }
}
