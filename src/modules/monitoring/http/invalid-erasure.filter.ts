import { BadRequestException, Catch, ConflictException, type ArgumentsHost } from '@nestjs/common';
import { BaseExceptionFilter } from '@nestjs/core';
import { InvalidErasureError } from '../lifecycle/erasure/privacy.error.js';
import { ActsContradictedError } from '../lifecycle/acts-contradicted.error.js';

/** Answers 400 to an invalid erasure or report, and 409 if tables contradict the ledger's acts. */
@Catch(InvalidErasureError, ActsContradictedError)
export class InvalidErasureFilter extends BaseExceptionFilter {
  override catch(error: InvalidErasureError | ActsContradictedError, host: ArgumentsHost): void {
    const { code, message } = error;
    const isInvalid = error instanceof InvalidErasureError;
    const answer = isInvalid
      ? new BadRequestException({ statusCode: 400, code, message })
      : new ConflictException({ statusCode: 409, code, message });
    super.catch(answer, host);
  }
}
