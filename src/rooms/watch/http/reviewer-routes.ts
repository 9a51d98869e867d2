import { STATUS_CODES } from 'node:http';
import { applyDecorators, HttpException } from '@nestjs/common';
import { Audited, AuditError } from '../../../audit/index.js';
import { NeedsPermission } from '../../../monitoring/http/ledger-access.guard.js';
import { ONLY_REFUSALS } from '../../../monitoring/http/record-read.js';
import { REVIEW_CATEGORY } from '../review/review-words.js';
import {
  InvalidAnswerError,
  InvalidSuppressionError,
  ReviewRefusedError,
  ThreadClosedError,
  UnknownReviewError,
} from '../watch.error.js';

/** Admits only reviewers. Denials and failures are recorded as events; the services record successes. */
export function ReviewerRoute(): MethodDecorator {
  return applyDecorators(
    NeedsPermission('review'),
    Audited('audit_review', { ...ONLY_REFUSALS, category: REVIEW_CATEGORY }),
  );
}

const STATUSES: readonly (readonly [abstract new (...given: never[]) => AuditError, number])[] = [
  [InvalidAnswerError, 400],
  [InvalidSuppressionError, 400],
  [ReviewRefusedError, 403],
  [UnknownReviewError, 404],
  [ThreadClosedError, 409],
];

/** Throws the HTTP answer to an error, with the error's code. If an error has no HTTP answer, the function throws the error unchanged. */
export function answer(error: unknown): never {
  const [, statusCode] = STATUSES.find(([Class]) => error instanceof Class) ?? [];
  if (statusCode === undefined || !(error instanceof AuditError)) throw error;
  const message = statusCode === 400 ? [error.message] : error.message;
  throw new HttpException({ statusCode, error: STATUS_CODES[statusCode], code: error.code, message }, statusCode);
}
