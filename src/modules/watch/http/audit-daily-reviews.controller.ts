import {
  BadRequestException,
  Body,
  ForbiddenException,
  Get,
  Inject,
  NotFoundException,
  Param,
  Post,
} from '@nestjs/common';
import type { z } from 'zod';
import { Audited, type AuditError } from '../../../audit/index.js';
import type { LedgerAccess } from '../../monitoring/access/ledger-access.js';
import { LEDGER_READS } from '../../monitoring/access/ledger-reads.js';
import { DailyReviewList, NewComment, NewSignOff, ReviewPage, ReviewStep } from '../review/daily-review.dto.js';
import { REVIEW_CATEGORY } from '../review/opened-review.js';
import { InvalidReviewError, ReviewRefusedError, UnknownReviewError } from '../review/review.error.js';
import { Reviews } from '../review/reviews.service.js';
import { BodyPipe } from '../../monitoring/http/body.pipe.js';
import { Access, NeedsPermission } from '../../monitoring/http/ledger-access.guard.js';
import { ONLY_REFUSALS } from '../../monitoring/http/only-refusals.js';
import { AuditedRead, noteRead } from '../../monitoring/http/record-read.js';
import { isTime } from '../../monitoring/query/query-times.js';
import { LedgerController } from '../../monitoring/http/openapi/ledger-controller.decorator.js';
import { Route } from '../../monitoring/http/openapi/route.decorator.js';

/** The maximum number of days: about half a year. */
const MOST_DAYS = 180;
const REFUSALS = { ...ONLY_REFUSALS, category: REVIEW_CATEGORY };
const REFUSED = {
  400: 'The day is invalid, or each problem of the body.',
  404: 'No review of this day was opened.',
};

/** Serves the reviews of days to readers of the log, and lets reviewers comment and sign off. */
@LedgerController('audit/reviews')
export class AuditDailyReviewsController {
  constructor(@Inject(Reviews) private readonly reviews: Reviews) {}

  /** The newest 180 reviews, the newest first, with their comments and sign-offs. */
  @Get()
  @Route('List the reviews of days, newest first', DailyReviewList)
  @AuditedRead(LEDGER_READS.viewed)
  async list(@Access() access: LedgerAccess): Promise<z.infer<typeof DailyReviewList>> {
    refuseSubject(access);
    const items = await this.reviews.list(access, MOST_DAYS);
    noteRead({ access, filters: { reviews: 'all' }, shown: items.length });
    return { items };
  }

  /** The review of a day, with what to look at: always the same for readers with the same access. */
  @Get(':day')
  @Route('Show what the review of a day has to look at', ReviewPage, REFUSED)
  @AuditedRead(LEDGER_READS.viewed)
  async show(@Access() access: LedgerAccess, @Param('day') day: string): Promise<ReviewPage> {
    refuseSubject(access);
    checkDay(day);
    const page = await answer(this.reviews.page(access, day));
    noteRead({ access, filters: { review: day }, shown: page.sample.items.length });
    return page;
  }

  /** Comments on a day, as an event. A repeated call records nothing new. */
  @Post(':day/comment')
  @Route('Comment on a day', ReviewStep, REFUSED)
  @NeedsPermission('review')
  @Audited('audit_review', REFUSALS)
  async comment(
    @Access() access: LedgerAccess,
    @Param('day') day: string,
    @Body(new BodyPipe(NewComment)) body: z.infer<typeof NewComment>,
  ): Promise<ReviewStep> {
    checkDay(day);
    const { comment, tenantId } = body;
    return answer(this.reviews.take(access, day, { kind: 'comment', comment, tenantId }));
  }

  /** Signs a day off, as an event. A repeated call records nothing new. */
  @Post(':day/sign-off')
  @Route('Sign a day off', ReviewStep, REFUSED)
  @NeedsPermission('review')
  @Audited('audit_review', REFUSALS)
  async signOff(
    @Access() access: LedgerAccess,
    @Param('day') day: string,
    @Body(new BodyPipe(NewSignOff)) body: z.infer<typeof NewSignOff>,
  ): Promise<ReviewStep> {
    checkDay(day);
    const { comment, tenantId } = body;
    return answer(this.reviews.take(access, day, { kind: 'sign_off', comment, tenantId }));
  }
}

function checkDay(day: string): void {
  if (!/^\d{4}-\d\d-\d\d$/.test(day) || !isTime(day))
    throw new BadRequestException(['the day must be one such as 2026-11-20']);
}

/** Refuses readers who only see their own events: a review is about what others did. */
function refuseSubject({ scope }: LedgerAccess): void {
  if (scope === 'subject') throw refused(403, 'Forbidden', ReviewRefusedError.ofOneself());
}

function refused(statusCode: 400 | 403 | 404, error: string, { code, message }: AuditError) {
  const body = { statusCode, error, code, message };
  if (statusCode === 400) return new BadRequestException(body);
  return statusCode === 403 ? new ForbiddenException(body) : new NotFoundException(body);
}

async function answer<Result>(done: Promise<Result>): Promise<Result> {
  try {
    return await done;
  } catch (error) {
    if (error instanceof UnknownReviewError) throw refused(404, 'Not Found', error);
    if (error instanceof ReviewRefusedError) throw refused(403, 'Forbidden', error);
    if (error instanceof InvalidReviewError) throw refused(400, 'Bad Request', error);
    throw error;
  }
}
