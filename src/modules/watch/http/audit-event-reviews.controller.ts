import {
  BadRequestException,
  Body,
  ForbiddenException,
  Get,
  Inject,
  NotFoundException,
  Post,
  Query,
} from '@nestjs/common';
import type { z } from 'zod';
import { Audited, AuditAggregator } from '../../../audit/index.js';
import type { LedgerAccess } from '../../monitoring/access/ledger-access.js';
import { LEDGER_READS } from '../../monitoring/access/ledger-reads.js';
import { NewReview, ReviewList, ReviewsQuery } from '../review/event-review.dto.js';
import { EventReviews } from '../review/event-reviews.service.js';
import { Access, NeedsPermission } from '../../monitoring/http/ledger-access.guard.js';
import { ONLY_REFUSALS } from '../../monitoring/http/only-refusals.js';
import { AuditedRead, noteRead } from '../../monitoring/http/record-read.js';
import { LedgerController } from '../../monitoring/http/openapi/ledger-controller.decorator.js';
import { Route } from '../../monitoring/http/openapi/route.decorator.js';
import { BodyPipe } from '../../monitoring/http/body.pipe.js';
import { QueryPipe, type Unseen } from '../../monitoring/http/query.pipe.js';

/** Lets reviewers mark events and comment on them. */
@LedgerController('audit/event-reviews')
export class AuditEventReviewsController {
  constructor(
    @Inject(EventReviews) private readonly reviews: EventReviews,
    @Inject(AuditAggregator) private readonly aggregator: AuditAggregator,
  ) {}

  /** Marks events as reviewed, or comments on them, as events of the ledger. A repeated call records nothing new. */
  @Post()
  @Route('Mark events as reviewed, or comment on them', ReviewList, { 404: 'No event has one of these ids.' })
  @NeedsPermission('review')
  @Audited('audit_review', { ...ONLY_REFUSALS, category: 'audit_review' })
  async add(
    @Access() access: LedgerAccess,
    @Body(new BodyPipe(NewReview)) body: z.infer<typeof NewReview>,
  ): Promise<z.infer<typeof ReviewList>> {
    if (access.scope === 'subject') {
      throw new ForbiddenException('Cannot review: these are your own events. Ask somebody who may see others.');
    }
    if (this.aggregator.currentActor()?.id === undefined) {
      throw new ForbiddenException('Cannot review: the request has no actor. Log in.');
    }
    checkReview(body);
    const items = await this.reviews.add(access, body);
    if (items) return { items };
    throw new NotFoundException('Cannot review: no event has one of these ids. Check the ids.');
  }

  /** The marks and comments of events. */
  @Get()
  @Route('Find reviews of events', ReviewList)
  @AuditedRead(LEDGER_READS.viewed)
  async find(
    @Access() access: LedgerAccess,
    @Query(new QueryPipe(ReviewsQuery)) { event }: Unseen<ReviewsQuery>,
  ): Promise<z.infer<typeof ReviewList>> {
    const items = await this.reviews.ofEvents(access, [event].flat());
    noteRead({ access, filters: { reviewsOf: event }, shown: items.length });
    return { items };
  }
}

function checkReview({ kind, comment }: NewReview): void {
  if (kind === 'comment' && comment === undefined) throw new BadRequestException(['comment must have a comment']);
}
