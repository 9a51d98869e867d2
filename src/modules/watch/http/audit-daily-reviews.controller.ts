import {
  BadRequestException,
  Body,
  Controller,
  ForbiddenException,
  Get,
  Inject,
  NotFoundException,
  Param,
  Post,
  UseFilters,
  UseGuards,
} from '@nestjs/common';
import { ApiBody, ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiParam } from '@nestjs/swagger';
import { Audited, type AuditError } from '../../../audit/index.js';
import {
  DescribesLedger,
  DescribesPermission,
  DescribesRefusals,
} from '../../monitoring/access/describes-refusals.decorator.js';
import type { LedgerAccess } from '../../monitoring/access/ledger-access.js';
import { LEDGER_READS } from '../../monitoring/access/ledger-reads.js';
import type { DailyReview, ReviewPage, ReviewStep } from '../review/daily-reviews.js';
import { REVIEW_CATEGORY } from '../review/opened-review.js';
import { InvalidReviewError, ReviewRefusedError, UnknownReviewError } from '../review/review.error.js';
import { Reviews } from '../review/reviews.service.js';
import { bodyOf } from '../../monitoring/http/body-of.js';
import { CommentDto, DailyReviewList, ReviewPageView, ReviewStepView, SignOffDto } from './daily-review.dto.js';
import { DAILY_REVIEWS, REVIEW_PAGE, REVIEW_STEP } from './review-examples.js';
import { InvalidQueryFilter } from '../../monitoring/http/invalid-query.filter.js';
import { Access, LedgerAccessGuard, NeedsPermission } from '../../monitoring/http/ledger-access.guard.js';
import { LedgerUnavailableFilter } from '../../monitoring/http/ledger-unavailable.filter.js';
import { ONLY_REFUSALS } from '../../monitoring/http/only-refusals.js';
import { AuditedRead, noteRead } from '../../monitoring/http/record-read.js';
import { isDay } from './review.dto.js';

/** About half a year. */
const MOST_DAYS = 180;
const REFUSALS = { ...ONLY_REFUSALS, category: REVIEW_CATEGORY };
const DAY = ApiParam({
  name: 'day',
  example: '2026-11-20',
  description: 'A day in the time zone of the option review',
});
const POSTED = DescribesRefusals({
  400: 'The day is invalid, or each problem of the body.',
  415: 'The body is not JSON.',
  404: 'No review of this day was opened.',
});

/** The reviews of days, for those who read the log; comments and sign-offs of those whom the application lets review. */
@DescribesLedger()
@Controller('audit/reviews')
@UseGuards(LedgerAccessGuard)
@UseFilters(LedgerUnavailableFilter, InvalidQueryFilter)
export class AuditDailyReviewsController {
  constructor(@Inject(Reviews) private readonly reviews: Reviews) {}

  /** The newest 180 reviews, the newest first, with their comments and sign-offs. */
  @Get()
  @ApiOperation({ summary: 'List the reviews of days, newest first' })
  @AuditedRead(LEDGER_READS.viewed)
  @ApiOkResponse({ type: DailyReviewList, example: DAILY_REVIEWS })
  async list(@Access() access: LedgerAccess): Promise<{ readonly items: readonly DailyReview[] }> {
    refuseSubject(access);
    const items = await this.reviews.list(access, MOST_DAYS);
    noteRead({ access, filters: { reviews: 'all' }, shown: items.length });
    return { items };
  }

  /** The review of a day, with what has to be looked at: the same for everybody who sees the same events, whenever they look. */
  @Get(':day')
  @ApiOperation({ summary: 'Show what the review of a day has to look at' })
  @AuditedRead(LEDGER_READS.viewed)
  @DAY
  @ApiOkResponse({ type: ReviewPageView, example: REVIEW_PAGE })
  @DescribesRefusals({ 400: 'The day is invalid.', 404: 'No review of this day was opened.' })
  async show(@Access() access: LedgerAccess, @Param('day') day: string): Promise<ReviewPage> {
    refuseSubject(access);
    checkDay(day);
    const page = await answer(this.reviews.page(access, day));
    noteRead({ access, filters: { review: day }, shown: page.sample.items.length });
    return page;
  }

  /** Comments on a day, as an event. Again, it records nothing new. */
  @Post(':day/comment')
  @ApiOperation({ summary: 'Comment on a day' })
  @NeedsPermission('review')
  @Audited('audit_review', REFUSALS)
  @DAY
  @ApiBody({ type: CommentDto, examples: { comment: { value: { comment: REVIEW_STEP.comment } } } })
  @ApiCreatedResponse({ type: ReviewStepView, example: REVIEW_STEP })
  @DescribesPermission('review')
  @POSTED
  async comment(
    @Access() access: LedgerAccess,
    @Param('day') day: string,
    @Body(bodyOf(CommentDto)) body: CommentDto,
  ): Promise<ReviewStep> {
    checkDay(day);
    const { comment, tenantId } = body;
    return answer(this.reviews.take(access, day, { kind: 'comment', comment, tenantId }));
  }

  /** Signs a day off, as an event. Again, it records nothing new. */
  @Post(':day/sign-off')
  @ApiOperation({ summary: 'Sign a day off' })
  @NeedsPermission('review')
  @Audited('audit_review', REFUSALS)
  @DAY
  @ApiBody({ type: SignOffDto, examples: { signOff: { value: {} } } })
  @ApiCreatedResponse({ type: ReviewStepView, example: REVIEW_STEP })
  @DescribesPermission('review')
  @POSTED
  async signOff(
    @Access() access: LedgerAccess,
    @Param('day') day: string,
    @Body(bodyOf(SignOffDto)) body: SignOffDto,
  ): Promise<ReviewStep> {
    checkDay(day);
    const { comment, tenantId } = body;
    return answer(this.reviews.take(access, day, { kind: 'sign_off', comment, tenantId }));
  }
}

function checkDay(day: string): void {
  if (!isDay(day)) throw new BadRequestException(['the day must be one such as 2026-11-20']);
}

/** What is to be reviewed is what others did. */
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
