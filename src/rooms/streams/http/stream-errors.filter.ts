import { STATUS_CODES } from 'node:http';
import { Catch, HttpException, type Abstract, type ArgumentsHost } from '@nestjs/common';
import { BaseExceptionFilter } from '@nestjs/core';
import type { AuditError } from '../../../audit/plain.js';
import {
  InvalidStreamError,
  StreamContradictedError,
  StreamExistsError,
  StreamOfOptionsError,
  StreamReachError,
  StreamSecretsKeyError,
  StreamUnknownError,
} from '../streams.error.js';

const STATUSES = new Map<Abstract<AuditError>, number>([
  [InvalidStreamError, 400],
  [StreamReachError, 403],
  [StreamUnknownError, 404],
  [StreamContradictedError, 409],
  [StreamExistsError, 409],
  [StreamOfOptionsError, 409],
  [StreamSecretsKeyError, 409],
]);

/** Answers 400, 403, 404 or 409 if a stream cannot be changed as requested. */
@Catch(...STATUSES.keys())
export class StreamErrorsFilter extends BaseExceptionFilter {
  override catch(failure: AuditError, host: ArgumentsHost): void {
    const { code, message, constructor } = failure;
    const statusCode = STATUSES.get(constructor) ?? 500; // only the errors in STATUSES are caught
    const error = STATUS_CODES[statusCode];
    super.catch(new HttpException({ statusCode, error, code, message }, statusCode), host);
  }
}
