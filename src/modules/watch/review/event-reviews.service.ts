import { Inject, Injectable } from '@nestjs/common';
import { AuditAggregator, type AuditEvent } from '../../../audit/index.js';
import type { LedgerAccess } from '../../monitoring/access/ledger-access.js';
import { isSignedAnswer } from '../../monitoring/acts/answers.js';
import { CheckpointSigner } from '../../monitoring/signing/checkpoint-signer.service.js';
import { RecordedChanges } from '../../monitoring/store/recorded-changes.service.js';
import type { RecordEvent } from '../../monitoring/store/change-recorder.js';
import { PrimaryQuery } from '../../monitoring/query/primary-query.service.js';
import type { LedgerEvent } from '../../monitoring/query/ledger-event.js';
import { actorOf } from '../alerts/alert.js';
import { REVIEW_CATEGORY } from './opened-review.js';
import { REVIEW_KINDS, type ReviewKind } from './review-words.js';
import { MOST_VALUES } from '../../monitoring/query/query-values.js';
import type { NewReview, Review } from './event-review.dto.js';

export type { NewReview, Review } from './event-review.dto.js';

const TYPES: Readonly<Record<ReviewKind, string>> = {
  reviewed: 'audit_event_reviewed',
  comment: 'audit_event_commented',
};
/** The maximum number of reviews that are read. */
const MOST_REVIEWS = 2_000;
const PAGE = 200;

/** Records reviewers' marks and comments as events of the ledger, and finds them again. */
@Injectable()
export class EventReviews {
  constructor(
    @Inject(AuditAggregator) private readonly aggregator: AuditAggregator,
    @Inject(PrimaryQuery) private readonly ledger: PrimaryQuery,
    @Inject(RecordedChanges) private readonly changes: RecordedChanges,
    @Inject(CheckpointSigner) private readonly signer: Pick<CheckpointSigner, 'trust'>,
  ) {}

  /**
   * Records one review for each event, by the actor of the request. A review with the same actor and the same words is returned, not
   * recorded again. Calls of one actor run one after the other, in all processes, so that a repeated call records once.
   *
   * @returns `undefined` where `access` does not show one of the events, and nothing is recorded then
   * @throws LedgerUnavailableError (`AUDIT_LEDGER_UNAVAILABLE`)
   */
  async add(access: LedgerAccess, review: NewReview): Promise<readonly Review[] | undefined> {
    const key = `audit_review ${String(this.aggregator.currentActor()?.id)}`;
    return this.changes.within(key, {}, (_session, record) => this.addNow(access, review, record));
  }

  private async addNow(
    access: LedgerAccess,
    { kind, events, comment }: NewReview,
    record: RecordEvent,
  ): Promise<readonly Review[] | undefined> {
    const shown: LedgerEvent[] = [];
    for (const id of new Set(events.map((each) => each.toLowerCase()))) {
      const event = await this.ledger.findOne(access, id);
      if (!event) return undefined;
      shown.push(event);
    }
    const by = String(this.aggregator.currentActor()?.id);
    const reviews: Review[] = [];
    for (const { id, type, tenantId } of shown) {
      const said = (await this.ofEvents(access, [id])).find(
        (each) => each.kind === kind && each.by.id === by && each.tenantId === tenantId && each.comment === comment,
      );
      const reviewed = async () =>
        reviewOf(
          await record(TYPES[kind], {
            category: REVIEW_CATEGORY,
            resource: { type: 'audit_event', id },
            ...(tenantId !== undefined && { tenantId }),
            details: { reviewedType: type, ...(comment !== undefined && { comment }) },
          }),
        );
      reviews.push(said ?? (await reviewed()));
    }
    return reviews;
  }

  /** The reviews of events, for each event the oldest first. */
  async ofEvents(access: LedgerAccess, eventIds: readonly string[]): Promise<readonly Review[]> {
    const ids = [...new Set(eventIds.map((id) => id.toLowerCase()))];
    const reviews: Review[] = [];
    for (let first = 0; first < ids.length; first += MOST_VALUES) {
      reviews.push(...(await this.of(access, ids.slice(first, first + MOST_VALUES))));
    }
    return reviews;
  }

  private async of(access: LedgerAccess, ids: readonly string[]): Promise<readonly Review[]> {
    const query = {
      ...{ resourceType: { eq: 'audit_event' }, resourceId: { eq: ids }, type: { eq: Object.values(TYPES) } },
      ...{ limit: PAGE, order: 'asc' as const },
    };
    const reviews: Review[] = [];
    for (let cursor: string | null | undefined; cursor !== null && reviews.length < MOST_REVIEWS;) {
      const page = await this.ledger.find(access, { ...query, ...(cursor !== undefined && { cursor }) });
      reviews.push(...page.items.filter((event) => isSignedAnswer(event, this.signer.trust)).map(reviewOf));
      cursor = page.nextCursor;
    }
    return reviews;
  }
}

function reviewOf(event: AuditEvent & { readonly index?: number }): Review {
  const { id, type, occurredAt, resource, tenantId, details, index } = event;
  const kind = REVIEW_KINDS.find((each) => TYPES[each] === type) ?? 'comment'; // only these were looked for
  const { comment } = details as { readonly comment?: unknown }; // as it was recorded
  return {
    ...{ id, kind, at: occurredAt },
    by: actorOf(event),
    eventId: String(resource?.id),
    ...(tenantId === undefined ? {} : { tenantId }),
    ...(typeof comment === 'string' ? { comment } : {}),
    ...(index === undefined ? {} : { index }),
  };
}
