import { BadRequestException, Catch, type ArgumentsHost } from '@nestjs/common';
import { BaseExceptionFilter } from '@nestjs/core';
import { InvalidErasureError } from '../lifecycle/erasure/privacy.error.js';

/** Answers 400 to what can be neither erased nor reported. */
@Catch(InvalidErasureError)
export class InvalidErasureFilter extends BaseExceptionFilter {
  override catch({ code, message }: InvalidErasureError, host: ArgumentsHost): void {
    super.catch(new BadRequestException({ statusCode: 400, code, message }), host);
  }
}
