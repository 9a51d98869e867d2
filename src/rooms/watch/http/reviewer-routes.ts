import { STATUS_CODES } from 'node:http';
import {
  applyDecorators,
  BadRequestException,
  ConflictException,
  ForbiddenException,
  NotFoundException,
  type HttpException,
} from '@nestjs/common';
import { Audited, AuditError, type AuditAggregator } from '../../../audit/index.js';
import type { LedgerAccess } from '../../../monitoring/read/access/ledger-access.js';
import { NeedsPermission } from '../../../monitoring/http/ledger-access.guard.js';
import { ONLY_REFUSALS } from '../../../monitoring/http/record-read.js';
import {
  AlertSuppressedError,
  InvalidSuppressionError,
  InvalidReviewError,
  ReviewRefusedError,
  UnknownReviewError,
} from '../watch.error.js';

/** Admits only reviewers. Denials and failures are recorded as events of the given type; the services record successes. */
export function ReviewerRoute(type: string, category: string): MethodDecorator {
  return applyDecorators(NeedsPermission('review'), Audited(type, { ...ONLY_REFUSALS, category }));
}

const ANSWERS: readonly (readonly [
  abstract new (...given: never[]) => AuditError,
  new (body?: object) => HttpException,
])[] = [
  [InvalidReviewError, BadRequestException],
  [InvalidSuppressionError, BadRequestException],
  [ReviewRefusedError, ForbiddenException],
  [UnknownReviewError, NotFoundException],
  [AlertSuppressedError, ConflictException],
];

/** Throws the HTTP answer to an error, with the error's code. If an error has no HTTP answer, the function throws the error unchanged. */
export function answer(error: unknown): never {
  const [, Answer] = ANSWERS.find(([Class]) => error instanceof Class) ?? [];
  if (!Answer || !(error instanceof AuditError)) throw error;
  const statusCode = new Answer().getStatus();
  const message = error instanceof InvalidSuppressionError ? [error.message] : error.message;
  throw new Answer({ statusCode, error: STATUS_CODES[statusCode], code: error.code, message });
}

/** Refuses readers who may only see their own events, so that nobody learns of alerts about themselves. */
export function refusePersons({ scope }: LedgerAccess, refused: string): void {
  if (scope === 'subject')
    throw new ForbiddenException(`Cannot ${refused}. Use an account that may see the events of other people.`);
}

/** Refuses requests without an actor, because an answer must name its actor. */
export function refuseNobody(aggregator: AuditAggregator, refused: string): void {
  if (aggregator.currentActor()?.id !== undefined) return;
  throw new ForbiddenException(`Cannot ${refused}: the request has no actor. Log in.`);
}

/** Returns the value. @throws NotFoundException with the message if the value is `undefined` */
export function found<Found>(value: Found | undefined, message: string): Found {
  if (value !== undefined) return value;
  throw new NotFoundException(message);
}
