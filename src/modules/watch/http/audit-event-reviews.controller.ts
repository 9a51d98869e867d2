import {
  BadRequestException,
  Body,
  Controller,
  ForbiddenException,
  Get,
  Inject,
  NotFoundException,
  Post,
  Query,
  UseFilters,
  UseGuards,
  ValidationPipe,
} from '@nestjs/common';
import { ApiBody, ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiQuery } from '@nestjs/swagger';
import {
  DescribesLedger,
  DescribesPermission,
  DescribesRefusals,
} from '../../monitoring/access/describes-refusals.decorator.js';
import { NEW_REVIEW, REVIEWS } from './review-examples.js';
import { isUUID } from 'class-validator';
import { Audited, AuditAggregator } from '../../../audit/index.js';
import type { LedgerAccess } from '../../monitoring/access/ledger-access.js';
import { LEDGER_READS } from '../../monitoring/access/ledger-reads.js';
import { EventReviews, type Review } from '../review/event-reviews.service.js';
import { InvalidQueryFilter } from '../../monitoring/http/invalid-query.filter.js';
import { Access, LedgerAccessGuard, NeedsPermission } from '../../monitoring/http/ledger-access.guard.js';
import { LedgerUnavailableFilter } from '../../monitoring/http/ledger-unavailable.filter.js';
import { ONLY_REFUSALS } from '../../monitoring/http/only-refusals.js';
import { AuditedRead, noteRead } from '../../monitoring/http/record-read.js';
import { ReviewDto, ReviewList } from './review.dto.js';

/** A parameter as the parser of the URL gives it. */
type Unparsed = string | readonly string[] | undefined;

/** As many as a sample has. */
const MOST_ASKED = 200;

const BODY_VALIDATION = new ValidationPipe({
  whitelist: true,
  forbidNonWhitelisted: true,
  transform: true,
  expectedType: ReviewDto,
});

/** Marks of events and comments on them, of those whom the application lets review. */
@DescribesLedger()
@Controller('audit/event-reviews')
@UseGuards(LedgerAccessGuard)
@UseFilters(LedgerUnavailableFilter, InvalidQueryFilter)
export class AuditEventReviewsController {
  constructor(
    @Inject(EventReviews) private readonly reviews: EventReviews,
    @Inject(AuditAggregator) private readonly aggregator: AuditAggregator,
  ) {}

  /** Marks events as reviewed, or comments on them, as events of the ledger. Again, it records nothing new. */
  @Post()
  @ApiOperation({ summary: 'Mark events as reviewed, or comment on them' })
  @NeedsPermission('review')
  @Audited('audit_review', { ...ONLY_REFUSALS, category: 'audit_review' })
  @ApiBody({ type: ReviewDto, examples: { comment: { value: NEW_REVIEW } } })
  @ApiCreatedResponse({ type: ReviewList, example: REVIEWS })
  @DescribesPermission('review')
  @DescribesRefusals({
    400: 'Each problem of the body.',
    415: 'The body is not JSON.',
    404: 'No event has one of these ids.',
  })
  async add(
    @Access() access: LedgerAccess,
    @Body(BODY_VALIDATION) body: ReviewDto,
  ): Promise<{ readonly items: readonly Review[] }> {
    if (access.scope === 'subject') {
      throw new ForbiddenException('Cannot review: these are your own events. Ask somebody who may see others.');
    }
    if (this.aggregator.currentActor()?.id === undefined) {
      throw new ForbiddenException('Cannot review: the request has no actor. Log in.');
    }
    checkReview(body);
    const { kind, events, comment } = body;
    const items = await this.reviews.add(access, { kind, events, ...(comment === undefined ? {} : { comment }) });
    if (items) return { items };
    throw new NotFoundException('Cannot review: no event has one of these ids. Check the ids.');
  }

  /** What was said of events. */
  @Get()
  @ApiOperation({ summary: 'Find reviews of events' })
  @AuditedRead(LEDGER_READS.viewed)
  @ApiQuery({ name: 'event', isArray: true, description: `The ids of 1 to ${MOST_ASKED} events` })
  @ApiOkResponse({ type: ReviewList, example: REVIEWS })
  @DescribesRefusals({ 400: 'Each problem of the query.' })
  async find(
    @Access() access: LedgerAccess,
    @Query('event') event: Unparsed,
  ): Promise<{ readonly items: readonly Review[] }> {
    const events = [event].flat().filter((each) => isUUID(each)) as string[]; // texts alone are
    if (events.length === 0 || events.length > MOST_ASKED || events.length !== [event].flat().length) {
      throw new BadRequestException([`event must be the ids of 1 to ${MOST_ASKED} events`]);
    }
    const items = await this.reviews.ofEvents(access, events);
    noteRead({ access, filters: { reviewsOf: event }, shown: items.length });
    return { items };
  }
}

function checkReview({ kind, comment }: ReviewDto): void {
  if (kind === 'comment' && comment === undefined) throw new BadRequestException(['comment must have a comment']);
}
