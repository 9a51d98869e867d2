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
import type { LedgerAccess } from '../../monitoring/access/ledger-access.js';
import { NeedsPermission } from '../../monitoring/http/ledger-access.guard.js';
import { ONLY_REFUSALS } from '../../monitoring/http/record-read.js';
import {
  AlertSuppressedError,
  InvalidSuppressionError,
  InvalidReviewError,
  ReviewRefusedError,
  UnknownReviewError,
} from '../watch.error.js';

/** Admits reviewers, and records denials and failures as events of this type; the services record successes. */
export function ReviewerRoute(type: string, category: string): MethodDecorator {
  return applyDecorators(NeedsPermission('review'), Audited(type, { ...ONLY_REFUSALS, category }));
}

/** The answer to each error that callers can do something about. */
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

/** Throws the answer to an error, with its code; any other error as it is. */
export function answer(error: unknown): never {
  const [, Answer] = ANSWERS.find(([Class]) => error instanceof Class) ?? [];
  if (!Answer || !(error instanceof AuditError)) throw error;
  const statusCode = new Answer().getStatus();
  const message = error instanceof InvalidSuppressionError ? [error.message] : error.message;
  throw new Answer({ statusCode, error: STATUS_CODES[statusCode], code: error.code, message });
}

/** Refuses readers who only see their own events, so that a person does not learn of alerts about them. */
export function refusePersons({ scope }: LedgerAccess, refused: string): void {
  if (scope === 'subject')
    throw new ForbiddenException(`Cannot ${refused}. Ask somebody who may see the events of other people.`);
}

/** Refuses requests without an actor: an answer says who gave it. */
export function refuseNobody(aggregator: AuditAggregator, refused: string): void {
  if (aggregator.currentActor()?.id !== undefined) return;
  throw new ForbiddenException(`Cannot ${refused}: the request has no actor. Log in.`);
}

/** Returns what was found. @throws NotFoundException with the message, if nothing was */
export function found<Found>(it: Found | undefined, message: string): Found {
  if (it !== undefined) return it;
  throw new NotFoundException(message);
}
