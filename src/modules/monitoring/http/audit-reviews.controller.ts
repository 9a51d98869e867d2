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
import { DescribesLedger, DescribesPermission, DescribesRefusals } from '../access/describes-refusals.decorator.js';
import { NEW_REVIEW, REVIEWS } from './examples/ledger-examples.js';
import { isUUID } from 'class-validator';
import { Audited, AuditAggregator } from '../../../audit/index.js';
import type { LedgerAccess } from '../access/ledger-access.js';
import { LEDGER_READS } from '../access/ledger-reads.js';
import { EventReviews, type NewReview, type Review } from '../query/reviews/event-reviews.service.js';
import { InvalidQueryFilter } from './invalid-query.filter.js';
import { Access, LedgerAccessGuard, NeedsPermission } from './ledger-access.guard.js';
import { LedgerUnavailableFilter } from './ledger-unavailable.filter.js';
import { ONLY_REFUSALS } from './only-refusals.js';
import { AuditedRead, noteRead } from './record-read.js';
import { isDay, ReviewDto, ReviewList } from './review.dto.js';

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

/** Marks, comments and sign-offs of those whom the application lets review. */
@DescribesLedger()
@Controller('audit/reviews')
@UseGuards(LedgerAccessGuard)
@UseFilters(LedgerUnavailableFilter, InvalidQueryFilter)
export class AuditReviewsController {
  constructor(
    @Inject(EventReviews) private readonly reviews: EventReviews,
    @Inject(AuditAggregator) private readonly aggregator: AuditAggregator,
  ) {}

  /** Marks events as reviewed, comments on them, or signs a day off, as events of the ledger. Again, it records nothing new. */
  @Post()
  @ApiOperation({ summary: 'Mark events as reviewed, comment on them, or sign a day off' })
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
    const items = await this.reviews.add(access, reviewOf(access, body));
    if (items) return { items };
    throw new NotFoundException('Cannot review: no event has one of these ids. Check the ids.');
  }

  /** What was said of events, or who signed a day off. */
  @Get()
  @ApiOperation({ summary: 'Find reviews of events, or of a day' })
  @AuditedRead(LEDGER_READS.viewed)
  @ApiQuery({ name: 'event', required: false, isArray: true, description: `The ids of 1 to ${MOST_ASKED} events` })
  @ApiQuery({ name: 'day', required: false, description: 'A day, such as 2026-11-20' })
  @ApiOkResponse({ type: ReviewList, example: REVIEWS })
  @DescribesRefusals({ 400: 'Each problem of the query.' })
  async find(
    @Access() access: LedgerAccess,
    @Query('event') event: Unparsed,
    @Query('day') day: Unparsed,
  ): Promise<{ readonly items: readonly Review[] }> {
    const asked = [event, day].filter((each) => each !== undefined);
    const events = [event].flat().filter((each) => isUUID(each)) as string[]; // texts alone are
    const isOfEvents = events.length > 0 && events.length <= MOST_ASKED && events.length === [event].flat().length;
    if (asked.length !== 1 || !(isOfEvents || isDay(day))) {
      throw new BadRequestException([`give either event, the ids of 1 to ${MOST_ASKED}, or day, such as 2026-11-20`]);
    }
    const items = isDay(day) ? await this.reviews.ofDay(access, day) : await this.reviews.ofEvents(access, events);
    noteRead({ access, filters: { reviewsOf: asked[0] }, shown: items.length });
    return { items };
  }
}

/** Whose day it is: of a reader of one tenant, that tenant's. */
function reviewOf(access: LedgerAccess, { kind, events, day, tenantId, comment }: ReviewDto): NewReview {
  if (kind !== 'sign_off') {
    if (!events || day !== undefined || tenantId !== undefined || (kind === 'comment' && comment === undefined)) {
      throw new BadRequestException([
        `${kind} must have events${kind === 'comment' ? ' and a comment' : ''}, and no day or tenantId`,
      ]);
    }
    return { kind, events, ...(comment === undefined ? {} : { comment }) };
  }
  if (day === undefined || events !== undefined)
    throw new BadRequestException(['sign_off must have a day, and no events']);
  const [only, ...others] = access.scope === 'tenants' ? access.tenantIds : [];
  const owner = tenantId ?? (others.length === 0 ? only : undefined);
  if (access.scope === 'tenants' && (owner === undefined || !access.tenantIds.includes(owner))) {
    throw new ForbiddenException('Cannot sign a day off: name a tenant of yours.');
  }
  return {
    kind,
    day,
    ...(owner === undefined ? {} : { tenantId: owner }),
    ...(comment === undefined ? {} : { comment }),
  };
}
