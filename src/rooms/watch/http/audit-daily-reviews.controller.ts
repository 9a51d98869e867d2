import { BadRequestException, Body, Get, Inject, Param, Post } from '@nestjs/common';
import type { z } from 'zod';
import type { LedgerAccess } from '../../../monitoring/read/access/ledger-access.js';
import { DailyReviewList, NewComment, NewSignOff, ReviewPage, ReviewStep } from '../review/daily-review.dto.js';
import { REVIEW_CATEGORY } from '../review/review-words.js';
import { ReviewRefusedError } from '../watch.error.js';
import { Reviews } from '../review/reviews.service.js';
import { BodyPipe } from '../../../monitoring/http/body.pipe.js';
import { Access } from '../../../monitoring/http/ledger-access.guard.js';
import { AuditedRead, noteRead } from '../../../monitoring/http/record-read.js';
import { isTime } from '../../../monitoring/read/query/query-times.js';
import { LedgerController, Route } from '../../../monitoring/http/openapi/ledger-controller.decorator.js';
import { answer, ReviewerRoute } from './reviewer-routes.js';

const MOST_DAYS = 180;
const REFUSED = {
  400: 'The day or the body is invalid.',
  404: 'No review of this day was opened.',
};

/** Serves the daily reviews, and lets reviewers comment and sign off. */
@LedgerController('audit/reviews')
export class AuditDailyReviewsController {
  constructor(@Inject(Reviews) private readonly reviews: Reviews) {}

  /** Lists the newest 180 reviews, the newest first, with their comments and sign-offs. */
  @Get()
  @Route('List the reviews of days, newest first', DailyReviewList)
  @AuditedRead('viewed')
  async list(@Access() access: LedgerAccess): Promise<z.infer<typeof DailyReviewList>> {
    refuseSubject(access);
    const items = await this.reviews.list(access, MOST_DAYS);
    noteRead({ access, filters: { reviews: 'all' }, shown: items.length });
    return { items };
  }

  /** Shows the review of a day with its contents. Readers with equal access always get equal contents. */
  @Get(':day')
  @Route('Show the review of a day with its contents', ReviewPage, REFUSED)
  @AuditedRead('viewed')
  async show(@Access() access: LedgerAccess, @Param('day') day: string): Promise<ReviewPage> {
    refuseSubject(access);
    checkDay(day);
    const page = await this.reviews.page(access, day).catch(answer);
    noteRead({ access, filters: { review: day }, shown: page.alerts.length, more: { counted: page.events } });
    return page;
  }

  /** Records a comment on a day as an event. A repeated call records nothing. */
  @Post(':day/comment')
  @Route('Comment on a day', ReviewStep, REFUSED)
  @ReviewerRoute('audit_review', REVIEW_CATEGORY)
  async comment(
    @Access() access: LedgerAccess,
    @Param('day') day: string,
    @Body(new BodyPipe(NewComment)) body: z.infer<typeof NewComment>,
  ): Promise<ReviewStep> {
    checkDay(day);
    return this.reviews.take(access, day, { kind: 'comment', ...body }).catch(answer);
  }

  /** Records the sign-off of a day as an event. A repeated call records nothing. */
  @Post(':day/sign-off')
  @Route('Sign a day off', ReviewStep, REFUSED)
  @ReviewerRoute('audit_review', REVIEW_CATEGORY)
  async signOff(
    @Access() access: LedgerAccess,
    @Param('day') day: string,
    @Body(new BodyPipe(NewSignOff)) body: z.infer<typeof NewSignOff>,
  ): Promise<ReviewStep> {
    checkDay(day);
    return this.reviews.take(access, day, { kind: 'sign_off', ...body }).catch(answer);
  }
}

function checkDay(day: string): void {
  if (!/^\d{4}-\d\d-\d\d$/.test(day) || !isTime(day))
    throw new BadRequestException(['the day must have the form 2026-11-20']);
}

/** A review concerns other people's events, so readers who may only see their own events are refused. */
function refuseSubject({ scope }: LedgerAccess): void {
  if (scope === 'subject') answer(ReviewRefusedError.ofOneself());
}
