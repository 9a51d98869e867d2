import { BadRequestException, Catch, UnprocessableEntityException, type ArgumentsHost } from '@nestjs/common';
import { BaseExceptionFilter } from '@nestjs/core';
import { InvalidQueryError } from '../query/invalid-query.error.js';
import { QueryTooSlowError } from '../store/sessions/query-too-slow.error.js';

/** Answers 400 to an invalid query, and 422 to one that takes too long; both say what to do. */
@Catch(InvalidQueryError, QueryTooSlowError)
export class InvalidQueryFilter extends BaseExceptionFilter {
  override catch(error: InvalidQueryError | QueryTooSlowError, host: ArgumentsHost): void {
    const { code } = error;
    const answer =
      error instanceof InvalidQueryError
        ? new BadRequestException({ statusCode: 400, code, message: error.problems, error: 'Bad Request' })
        : new UnprocessableEntityException({ statusCode: 422, code, message: error.message });
    super.catch(answer, host);
  }
}
