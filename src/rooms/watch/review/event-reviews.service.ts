import { Inject, Injectable } from '@nestjs/common';
import { AuditAggregator, type AuditEvent } from '../../../audit/index.js';
import type { LedgerAccess } from '../../../monitoring/read/access/ledger-access.js';
import type { LedgerEvent } from '../../../monitoring/read/query/ledger-event.js';
import { PrimaryQuery } from '../../../monitoring/read/query/primary-query.service.js';
import { CheckpointSigner } from '../../../monitoring/proof/signing/checkpoint-signer.service.js';
import { RecordedChanges } from '../../../monitoring/inbox/recorded-changes.service.js';
import { answerOf, SignedAnswers } from '../signed-answers.js';
import type { NewReview, Review } from './event-review.dto.js';
import { REVIEW_CATEGORY, REVIEW_KINDS, type ReviewKind } from './review-words.js';

const TYPES: Readonly<Record<ReviewKind, string>> = {
  reviewed: 'audit_event_reviewed',
  comment: 'audit_event_commented',
};

/** Records and finds reviewers' marks and comments, which are events of the ledger. */
@Injectable()
export class EventReviews {
  private readonly answers: SignedAnswers;

  constructor(
    @Inject(AuditAggregator) private readonly aggregator: AuditAggregator,
    @Inject(PrimaryQuery) private readonly ledger: PrimaryQuery,
    @Inject(RecordedChanges) private readonly changes: RecordedChanges,
    @Inject(CheckpointSigner) signer: Pick<CheckpointSigner, 'trust'>,
  ) {
    this.answers = new SignedAnswers(ledger, signer);
  }

  /**
   * Records one review for each event, in the name of the request's actor. If the actor recorded an equal review before, the method returns
   * that review, and records nothing. Calls by one actor run one at a time, even across several processes.
   *
   * @returns `undefined`, without recording anything, if `access` hides at least one of the events
   * @throws LedgerUnavailableError (`AUDIT_LEDGER_UNAVAILABLE`)
   */
  async add(access: LedgerAccess, { kind, events, comment }: NewReview): Promise<readonly Review[] | undefined> {
    const by = String(this.aggregator.currentActor()?.id);
    return this.changes.within(`audit_review ${by}`, {}, async (_session, record) => {
      const shown: LedgerEvent[] = [];
      for (const id of new Set(events.map((each) => each.toLowerCase()))) {
        const event = await this.ledger.findOne(access, id);
        if (!event) return undefined;
        shown.push(event);
      }
      const reviews: Review[] = [];
      for (const { id, type, tenantId } of shown) {
        const known = (await this.ofEvents(access, [id])).find(
          (each) => each.kind === kind && each.by.id === by && each.tenantId === tenantId && each.comment === comment,
        );
        const input = {
          category: REVIEW_CATEGORY,
          resource: { type: 'audit_event', id },
          ...(tenantId !== undefined && { tenantId }),
          details: { reviewedType: type, ...(comment !== undefined && { comment }) },
        };
        reviews.push(known ?? reviewOf(await record(TYPES[kind], input)));
      }
      return reviews;
    });
  }

  /** Finds the reviews of events; for each event, the oldest first. */
  async ofEvents(access: LedgerAccess, eventIds: readonly string[]): Promise<readonly Review[]> {
    const ids = [...new Set(eventIds.map((id) => id.toLowerCase()))];
    const answers = await this.answers.to(access, { types: Object.values(TYPES), resourceType: 'audit_event', ids });
    return answers.map(reviewOf);
  }
}

function reviewOf(event: AuditEvent): Review {
  const kind = REVIEW_KINDS.find((each) => TYPES[each] === event.type) ?? 'comment'; // the query finds only these types
  return { ...answerOf(event), kind, eventId: String(event.resource?.id) };
}
