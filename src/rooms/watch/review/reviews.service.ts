import { Inject, Injectable } from '@nestjs/common';
import type { z } from 'zod';
import { AuditAggregator, type AuditEvent } from '../../../audit/index.js';
import type { LedgerAccess } from '../../../monitoring/read/access/ledger-access.js';
import type { AuditQuery } from '../../../monitoring/read/query/audit-query.service.js';
import { PrimaryQuery } from '../../../monitoring/read/query/primary-query.service.js';
import type { SqlValues } from '../../../monitoring/read/query/sql-values.js';
import { prose } from '../../../monitoring/read/query/texts.js';
import { CheckpointSigner } from '../../../monitoring/proof/signing/checkpoint-signer.service.js';
import type { ChangeRecorder } from '../../../monitoring/store/change-recorder.js';
import { LedgerClock } from '../../../monitoring/store/ledger-clock.js';
import { PrimaryReader, type LedgerReader } from '../../../monitoring/store/ledger-reader.service.js';
import { RecordedChanges } from '../../../monitoring/inbox/recorded-changes.service.js';
import type { Alert } from '../alerts/alert.dto.js';
import { Alerts } from '../alerts/alerts.service.js';
import { answerOf, inParts, SignedAnswers, tenantWithin } from '../signed-answers.js';
import type { DailyReview, NewSignOff, ReviewAlert, ReviewPage, ReviewStep } from './daily-review.dto.js';
import { actsOf, readSections } from './review-sections.js';
import { MOST_CHARACTERS, REVIEW_CATEGORY, REVIEW_TYPES } from './review-words.js';
import { InvalidReviewError, ReviewRefusedError, UnknownReviewError } from '../watch.error.js';
import { signedReviews, type SignedReview } from './signed-reviews.js';

const DAY_MS = 86_400_000;
const MOST_DAYS = 50;
const COMMENT = prose(MOST_CHARACTERS);

type NewStep = Pick<ReviewStep, 'kind'> & z.infer<typeof NewSignOff>;

/**
 * Reads the daily reviews, and records comments and sign-offs. All readers may see which days and sequence numbers a review covers. The
 * reader's access limits the figures, the comments and the sign-offs.
 */
@Injectable()
export class Reviews {
  private readonly answers: SignedAnswers;

  constructor(
    @Inject(PrimaryReader) private readonly reader: LedgerReader,
    @Inject(PrimaryQuery) ledger: AuditQuery,
    @Inject(Alerts) private readonly alerts: Alerts,
    @Inject(LedgerClock) private readonly clock: Pick<LedgerClock, 'now'>,
    @Inject(AuditAggregator) private readonly aggregator: Pick<AuditAggregator, 'currentActor'>,
    @Inject(RecordedChanges) private readonly changes: ChangeRecorder,
    @Inject(CheckpointSigner) private readonly signer: Pick<CheckpointSigner, 'trust'>,
  ) {
    this.answers = new SignedAnswers(ledger, signer);
  }

  /** Lists the newest reviews, the newest first. */
  async list(access: LedgerAccess, limit: number): Promise<readonly DailyReview[]> {
    const reviews = new Map<string, SignedReview>();
    for await (const review of signedReviews(this.reader, this.signer.trust)) {
      if (reviews.size === limit) break;
      reviews.set(review.day, reviews.get(review.day) ?? review);
    }
    const newest = [...reviews.values()].toSorted((one, other) => other.day.localeCompare(one.day, 'en'));
    const days = newest.map(({ day }) => day);
    const steps = await inParts(days, MOST_DAYS, (some) => this.stepsOf(access, some));
    return newest.map((review) => this.reviewOf(review, access, steps));
  }

  /** Finds the review of a day. @throws UnknownReviewError (`AUDIT_REVIEW_UNKNOWN`) */
  async find(access: LedgerAccess, day: string): Promise<DailyReview> {
    for await (const review of signedReviews(this.reader, this.signer.trust, day)) {
      return this.reviewOf(review, access, await this.stepsOf(access, [day]));
    }
    throw UnknownReviewError.create(day);
  }

  /** Reads the review of a day with its contents. @throws UnknownReviewError (`AUDIT_REVIEW_UNKNOWN`) */
  async page(access: LedgerAccess, day: string): Promise<ReviewPage> {
    const review = await this.find(access, day);
    const figures = await readSections(this.reader, access, review);
    const alerts = (await this.alerts.ofPlaces(access, review)).map(factsOf);
    return { ...review, ...figures, alerts };
  }

  /**
   * Records a comment on a day or the sign-off of a day, in the name of the request's actor. The event is stored when the method resolves.
   * If the same person recorded an equal comment or sign-off before, the method returns the earlier one. Calls for one day run one at a
   * time, even across several processes.
   *
   * @throws UnknownReviewError (`AUDIT_REVIEW_UNKNOWN`), ReviewRefusedError (`AUDIT_REVIEW_REFUSED`), InvalidReviewError
   *   (`AUDIT_REVIEW_INVALID`), LedgerUnavailableError (`AUDIT_LEDGER_UNAVAILABLE`)
   */
  async take(access: LedgerAccess, day: string, { kind, comment, tenantId: given }: NewStep): Promise<ReviewStep> {
    const { id: by, onBehalfOf } = this.aggregator.currentActor() ?? {};
    if (by === undefined) throw ReviewRefusedError.nobody();
    return this.changes.within(`audit_day ${day}`, {}, async (_session, record) => {
      const review = await this.find(access, day);
      const { success } = (kind === 'comment' ? COMMENT : COMMENT.optional()).safeParse(comment);
      if (!success) throw InvalidReviewError.comment(MOST_CHARACTERS);
      if (access.scope === 'subject') throw ReviewRefusedError.ofOneself();
      const tenantId = tenantWithin(access, given, () => ReviewRefusedError.noTenant());
      const known = review.steps.find(
        (step) =>
          step.kind === kind && step.by.id === String(by) && step.tenantId === tenantId && step.comment === comment,
      );
      if (known) return known;
      if (kind === 'sign_off' && review.fourEyes) {
        // If the reviewer signs on behalf of another person, that person's actions count, too.
        const acts = await actsOf(this.reader, review, [by, ...(onBehalfOf ? [onBehalfOf.id] : [])].map(String));
        if (acts.size > 0) throw ReviewRefusedError.ownActs(day, acts);
      }
      const { checkpointSize, root } = review;
      const event = await record(REVIEW_TYPES[kind], {
        category: REVIEW_CATEGORY,
        resource: { type: 'audit_day', id: day },
        ...(tenantId !== undefined && { tenantId }),
        details: { day, checkpointSize, root, ...(comment !== undefined && { comment }) },
      });
      return stepOf(event);
    });
  }

  private async stepsOf(access: LedgerAccess, days: readonly string[]): Promise<readonly ReviewStep[]> {
    const query = { type: { eq: [REVIEW_TYPES.comment, REVIEW_TYPES.sign_off] }, resourceType: { eq: 'audit_day' } };
    // Searches by `details.day`: an erasure of the reviewer removes the id of the resource, but not this detail.
    const answers = await this.answers.matching(access, query, {
      about: { reviewsOf: days },
      conditions: (values: SqlValues) => [`details->>'day' = ANY (${values.place(days)}::text[])`],
    });
    return answers.map(stepOf);
  }

  private reviewOf(opened: SignedReview, access: LedgerAccess, all: readonly ReviewStep[]): DailyReview {
    const steps = all.filter(({ day }) => day === opened.day);
    const isOverdue = this.clock.now() > Date.parse(opened.to) + opened.alertAfterDays * DAY_MS;
    const state = isSignedFor(access, steps) ? 'signed_off' : isOverdue ? 'overdue' : 'open';
    return { ...opened, state, steps };
  }
}

function factsOf({ id, state, rule, title, level, raisedAt, tenantId }: Alert): ReviewAlert {
  return { id, state, rule, title, level, raisedAt, ...(tenantId !== undefined && { tenantId }) };
}

/** If the access has several tenants, each tenant needs a sign-off. */
function isSignedFor(access: LedgerAccess, steps: readonly ReviewStep[]): boolean {
  const signed = new Set(steps.filter(({ kind }) => kind === 'sign_off').map(({ tenantId }) => tenantId));
  const tenants = access.scope === 'tenants' ? access.tenantIds : [];
  return signed.has(undefined) || (tenants.length > 0 && tenants.every((id) => signed.has(id)));
}

function stepOf(event: AuditEvent): ReviewStep {
  const { day } = event.details as { readonly day?: unknown }; // each review event has this detail
  const kind = event.type === REVIEW_TYPES.sign_off ? 'sign_off' : 'comment';
  return { ...answerOf(event), kind, day: String(day) };
}
