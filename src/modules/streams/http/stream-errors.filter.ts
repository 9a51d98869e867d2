import { Catch, HttpException, type ArgumentsHost } from '@nestjs/common';
import { BaseExceptionFilter } from '@nestjs/core';
import {
  InvalidStreamError,
  StreamExistsError,
  StreamOfOptionsError,
  StreamReachError,
  StreamSecretsKeyError,
} from '../manage/manage.error.js';
import { StreamContradictedError, StreamUnknownError } from '../streams.error.js';

type StreamError =
  | StreamContradictedError
  | InvalidStreamError
  | StreamExistsError
  | StreamOfOptionsError
  | StreamReachError
  | StreamSecretsKeyError
  | StreamUnknownError;

/** Answers 400, 403, 404 or 409 if a stream cannot be changed as requested. */
@Catch(
  StreamContradictedError,
  InvalidStreamError,
  StreamExistsError,
  StreamOfOptionsError,
  StreamReachError,
  StreamSecretsKeyError,
  StreamUnknownError,
)
export class StreamErrorsFilter extends BaseExceptionFilter {
  override catch(failure: StreamError, host: ArgumentsHost): void {
    const { code, message } = failure;
    const [statusCode, error] = answerTo(failure);
    super.catch(new HttpException({ statusCode, error, code, message }, statusCode), host);
  }
}

function answerTo(failure: StreamError): readonly [number, string] {
  if (failure instanceof InvalidStreamError) return [400, 'Bad Request'];
  if (failure instanceof StreamReachError) return [403, 'Forbidden'];
  return failure instanceof StreamUnknownError ? [404, 'Not Found'] : [409, 'Conflict'];
}
