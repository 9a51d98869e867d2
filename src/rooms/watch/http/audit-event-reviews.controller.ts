import { BadRequestException, Body, Get, Inject, Post, Query } from '@nestjs/common';
import type { z } from 'zod';
import { AuditAggregator } from '../../../audit/index.js';
import type { LedgerAccess } from '../../../monitoring/read/access/ledger-access.js';
import { NewReview, ReviewList, ReviewsQuery } from '../review/event-review.dto.js';
import { EventReviews } from '../review/event-reviews.service.js';
import { REVIEW_CATEGORY } from '../review/review-words.js';
import { Access } from '../../../monitoring/http/ledger-access.guard.js';
import { AuditedRead, noteRead } from '../../../monitoring/http/record-read.js';
import { LedgerController, Route } from '../../../monitoring/http/openapi/ledger-controller.decorator.js';
import { BodyPipe } from '../../../monitoring/http/body.pipe.js';
import { QueryPipe, type Unseen } from '../../../monitoring/http/query.pipe.js';
import { found, refuseNobody, refusePersons, ReviewerRoute } from './reviewer-routes.js';

/** Lets reviewers mark events and comment on them. */
@LedgerController('audit/event-reviews')
export class AuditEventReviewsController {
  constructor(
    @Inject(EventReviews) private readonly reviews: EventReviews,
    @Inject(AuditAggregator) private readonly aggregator: AuditAggregator,
  ) {}

  /**
   * Records a mark or a comment on each given event. The ledger stores each mark or comment as an event of its own. A repeated call records
   * nothing.
   */
  @Post()
  @Route('Mark events as reviewed, or comment on them', ReviewList, {
    404: 'At least one id is not the id of an event that you may see.',
  })
  @ReviewerRoute('audit_review', REVIEW_CATEGORY)
  async add(
    @Access() access: LedgerAccess,
    @Body(new BodyPipe(NewReview)) body: z.infer<typeof NewReview>,
  ): Promise<z.infer<typeof ReviewList>> {
    refusePersons(access, 'review: you may only see your own events');
    refuseNobody(this.aggregator, 'review');
    const { kind, comment } = body;
    if (kind === 'comment' && comment === undefined)
      throw new BadRequestException(['comment is missing: the kind comment needs it']);
    const items = await this.reviews.add(access, body);
    return {
      items: found(items, 'Cannot review: at least one id is not the id of an event that you may see. Check the ids.'),
    };
  }

  /** Finds the marks and comments on events. */
  @Get()
  @Route('Find reviews of events', ReviewList)
  @AuditedRead('viewed')
  async find(
    @Access() access: LedgerAccess,
    @Query(new QueryPipe(ReviewsQuery)) { event }: Unseen<ReviewsQuery>,
  ): Promise<z.infer<typeof ReviewList>> {
    const items = await this.reviews.ofEvents(access, [event].flat());
    noteRead({ access, filters: { reviewsOf: event }, shown: items.length });
    return { items };
  }
}
