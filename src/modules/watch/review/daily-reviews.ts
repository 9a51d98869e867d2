import type { LedgerAccess } from '../../monitoring/access/ledger-access.js';
import { isSignedAnswer } from '../../monitoring/acts/answers.js';
import type { CheckpointTrust } from '../../monitoring/log/notes/checkpoint.js';
import type { LedgerEvent } from '../../monitoring/query/ledger-event.js';
import type { AuditQuery } from '../../monitoring/query/audit-query.service.js';
import type { SqlValues } from '../../monitoring/query/sql-values.js';
import type { EventSamples } from '../sample/event-samples.service.js';
import type { LedgerReader } from '../../monitoring/store/ledger-reader.service.js';
import { actorOf, type Alert } from '../alerts/alert.js';
import type { Alerts } from '../alerts/alerts.service.js';
import { IS_TRUE_CANARY } from '../canaries/canary.js';
import { REVIEW_TYPES } from './opened-review.js';
import { countEvents, readSections } from './review-sections.js';
import { UnknownReviewError } from './review.error.js';
import { signedReviews, type SignedReview } from './signed-reviews.js';
import type { ReviewStep, DailyReview, ReviewPage, ReviewAlert } from './daily-review.dto.js';

export type { ReviewStep, DailyReview, ReviewPage, ReviewAlert } from './daily-review.dto.js';

const DAY_MS = 86_400_000;
const MOST_STEPS = 2_000;
const PAGE = 200;
/** The maximum number of days in one query. */
const MOST_DAYS = 50;

/** Reads the reviews of days. Everybody may know which days and places a review covers; its figures, sample and steps are limited to the reader's access. */
export class DailyReviews {
  constructor(
    private readonly reader: LedgerReader,
    private readonly ledger: Pick<AuditQuery, 'findThat'>,
    private readonly samples: EventSamples,
    private readonly alerts: Alerts,
    /** The trust by which reviews, comments and sign-offs of the ledger are recognised. */
    private readonly trust: () => CheckpointTrust,
    private readonly now: () => number = Date.now,
  ) {}

  /** The newest reviews, the newest first. */
  async list(access: LedgerAccess, limit: number): Promise<readonly DailyReview[]> {
    const reviews = new Map<string, SignedReview>();
    for await (const review of signedReviews(this.reader, this.trust())) {
      if (reviews.size === limit) break;
      reviews.set(review.day, reviews.get(review.day) ?? review);
    }
    const newest = [...reviews.values()].toSorted((one, other) => other.day.localeCompare(one.day, 'en'));
    const days = newest.map(({ day }) => day);
    const steps: ReviewStep[] = [];
    for (let first = 0; first < days.length; first += MOST_DAYS) {
      steps.push(...(await this.stepsOf(access, days.slice(first, first + MOST_DAYS))));
    }
    return newest.map((review) => this.reviewOf(review, access, steps));
  }

  /** The review of a day. @throws UnknownReviewError (`AUDIT_REVIEW_UNKNOWN`) */
  async find(access: LedgerAccess, day: string): Promise<DailyReview> {
    for await (const review of signedReviews(this.reader, this.trust(), day)) {
      return this.reviewOf(review, access, await this.stepsOf(access, [day]));
    }
    throw UnknownReviewError.create(day);
  }

  /** The review of a day, with what to look at. @throws UnknownReviewError (`AUDIT_REVIEW_UNKNOWN`) */
  async page(access: LedgerAccess, day: string): Promise<ReviewPage> {
    const review = await this.find(access, day);
    const { seed, sampleSize: size, firstPlace, checkpointSize } = review;
    const sections = await readSections(this.reader, access, review);
    const events = await countEvents(this.reader, access, review);
    const conditions = [`NOT ${IS_TRUE_CANARY}`];
    const sample = await this.samples.drawPlaces(access, { seed, size, firstPlace, checkpointSize, conditions });
    const alerts = (await this.alerts.ofPlaces(access, review)).map(factsOf);
    return { ...review, events, sections, alerts, sample: { seed, algorithm: 'sha256-seed-id', ...sample } };
  }

  private async stepsOf(access: LedgerAccess, days: readonly string[]): Promise<readonly ReviewStep[]> {
    if (days.length === 0) return [];
    const query = {
      type: { eq: [REVIEW_TYPES.comment, REVIEW_TYPES.sign_off] },
      ...{ resourceType: { eq: 'audit_day' }, order: 'asc' as const, limit: PAGE },
    };
    // Finds a day's events by the detail, which is a fact: the id of the resource is erased with the reviewer.
    const own = {
      about: { reviewsOf: days },
      conditions: (values: SqlValues) => [`details->>'day' = ANY (${values.place(days)}::text[])`],
    };
    const steps: ReviewStep[] = [];
    for (let cursor: string | null | undefined; cursor !== null && steps.length < MOST_STEPS;) {
      const page = await this.ledger.findThat(access, { ...query, ...(cursor === undefined ? {} : { cursor }) }, own);
      steps.push(...page.items.filter((event) => isSignedAnswer(event, this.trust())).map(stepOf));
      cursor = page.nextCursor;
    }
    return steps;
  }

  private reviewOf(opened: SignedReview, access: LedgerAccess, all: readonly ReviewStep[]): DailyReview {
    const steps = all.filter(({ day }) => day === opened.day);
    const isSigned = isSignedFor(access, steps);
    const isOverdue = this.now() > Date.parse(opened.to) + opened.alertAfterDays * DAY_MS;
    const state = isSigned ? 'signed_off' : isOverdue ? 'overdue' : 'open';
    return { ...opened, state, steps };
  }
}

function factsOf({ id, state, rule, title, level, raisedAt, tenantId }: Alert): ReviewAlert {
  return { id, state, rule, title, level, raisedAt, ...(tenantId !== undefined && { tenantId }) };
}

/** Whether a day is signed off for everything within an access; for several tenants, for each of them. */
function isSignedFor(access: LedgerAccess, steps: readonly ReviewStep[]): boolean {
  const signed = new Set(steps.filter(({ kind }) => kind === 'sign_off').map(({ tenantId }) => tenantId));
  return signed.has(undefined) || (access.scope === 'tenants' && access.tenantIds.every((id) => signed.has(id)));
}

/** The comment or sign-off of an event. */
export function stepOf(event: LedgerEvent): ReviewStep {
  const { id, type, occurredAt, tenantId, details, index } = event;
  const { comment, day } = details as { readonly comment?: unknown; readonly day?: unknown }; // as it was recorded
  return {
    ...{ id, kind: type === REVIEW_TYPES.sign_off ? 'sign_off' : 'comment', at: occurredAt },
    by: actorOf(event),
    day: String(day),
    ...(tenantId === undefined ? {} : { tenantId }),
    ...(typeof comment === 'string' ? { comment } : {}),
    ...(index === undefined ? {} : { index }),
  };
}
