import type { AuditEvent, AuditInput } from '../../../audit/plain.js';
import type { LedgerAccess } from '../../monitoring/access/ledger-access.js';
import { isStorable } from '../../monitoring/query/query-values.js';
import type { LedgerReader } from '../../monitoring/store/ledger-reader.service.js';
import { stepOf, type DailyReview, type ReviewStep } from './daily-reviews.js';
import { REVIEW_CATEGORY, REVIEW_TYPES } from './opened-review.js';
import { InvalidReviewError, ReviewRefusedError } from './review.error.js';
import { actsOf } from './review-sections.js';
import { MOST_CHARACTERS } from './review-words.js';

/** A comment on a day, or its sign-off. */
export interface NewStep {
  readonly kind: 'comment' | 'sign_off';
  /** At most 4,000 characters; required for a comment. */
  readonly comment?: string | undefined;
  /** The tenant whose events it is about. Default: the reviewer's only tenant, or all. */
  readonly tenantId?: string | undefined;
}

/** The reviewer, and how to record the step. */
export interface StepTaker {
  readonly access: LedgerAccess;
  /** An id. */
  readonly by: string;
  /** The id of the person for whom they do it: their acts count as well. */
  readonly onBehalfOf?: string | undefined;
  readonly reader: LedgerReader;
  readonly record: (type: string, input: AuditInput) => Promise<AuditEvent>;
}

/**
 * Comments on a day, or signs it off, as an event of the ledger that is recorded when it resolves. A step with the same person and the same
 * words is returned, not recorded again.
 *
 * @throws ReviewRefusedError (`AUDIT_REVIEW_REFUSED`), InvalidReviewError (`AUDIT_REVIEW_INVALID`)
 */
export async function takeStep(review: DailyReview, step: NewStep, taker: StepTaker): Promise<ReviewStep> {
  const { kind, comment } = step;
  const { by, onBehalfOf, access, reader, record } = taker;
  if (!isComment(comment) || (kind === 'comment' && comment === undefined)) {
    throw InvalidReviewError.comment(MOST_CHARACTERS);
  }
  const tenantId = tenantOf(access, step.tenantId);
  const said = review.steps.find(
    (each) => each.kind === kind && each.by.id === by && each.tenantId === tenantId && each.comment === comment,
  );
  if (said) return said;
  if (kind === 'sign_off' && review.fourEyes) {
    const acts = await actsOf(reader, review, onBehalfOf === undefined ? [by] : [by, onBehalfOf]);
    if (acts.size > 0) throw ReviewRefusedError.ownActs(review.day, acts);
  }
  const { day, checkpointSize, root } = review;
  const event = await record(REVIEW_TYPES[kind], {
    category: REVIEW_CATEGORY,
    resource: { type: 'audit_day', id: day },
    ...(tenantId === undefined ? {} : { tenantId }),
    details: { day, checkpointSize, root, ...(comment === undefined ? {} : { comment }) },
  });
  return stepOf(event);
}

function isComment(comment: string | undefined): boolean {
  return comment === undefined || (comment.trim() !== '' && comment.length <= MOST_CHARACTERS && isStorable(comment));
}

function tenantOf(access: LedgerAccess, asked: string | undefined): string | undefined {
  if (access.scope === 'subject') throw ReviewRefusedError.ofOneself();
  if (access.scope === 'all') return asked;
  const [only, ...others] = access.tenantIds;
  const tenantId = asked ?? (others.length === 0 ? only : undefined);
  if (tenantId === undefined || !access.tenantIds.includes(tenantId)) throw ReviewRefusedError.noTenant();
  return tenantId;
}
