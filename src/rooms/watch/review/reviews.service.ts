import { Inject, Injectable } from '@nestjs/common';
import type { LedgerAccess } from '../../../monitoring/read/access/ledger-access.js';
import { CheckpointSigner } from '../../../monitoring/proof/signing/checkpoint-signer.service.js';
import { LedgerClock } from '../../../monitoring/store/ledger-clock.js';
import { PrimaryReader, type LedgerReader } from '../../../monitoring/store/ledger-reader.service.js';
import type { Alert } from '../alerts/alert.dto.js';
import { Alerts } from '../alerts/alerts.service.js';
import type { Reply } from '../threads/thread.dto.js';
import { Threads } from '../threads/threads.service.js';
import type { DailyReview, ReviewAlert, ReviewPage } from './daily-review.dto.js';
import { readSections, signedReviews, type SignedReview } from './read-reviews.js';
import { watchErrors } from '../watch.errors.js';

const DAY_MS = 86_400_000;

/**
 * Reads the daily reviews, which {@link Threads} signs off. All readers may see which days and sequence numbers a review covers. The
 * reader's access limits the figures, the comments and the sign-offs.
 */
@Injectable()
export class Reviews {
  constructor(
    @Inject(PrimaryReader) private readonly reader: LedgerReader,
    @Inject(Alerts) private readonly alerts: Alerts,
    @Inject(LedgerClock) private readonly clock: Pick<LedgerClock, 'now'>,
    @Inject(Threads) private readonly threads: Pick<Threads, 'of'>,
    @Inject(CheckpointSigner) private readonly signer: Pick<CheckpointSigner, 'trust'>,
  ) {}

  /** Lists the newest reviews, the newest first. */
  async list(access: LedgerAccess, limit: number): Promise<readonly DailyReview[]> {
    const reviews = new Map<string, SignedReview>();
    for await (const review of signedReviews(this.reader, this.signer.trust)) {
      if (reviews.size === limit) break;
      reviews.set(review.day, reviews.get(review.day) ?? review);
    }
    const newest = [...reviews.values()].toSorted((one, other) => other.day.localeCompare(one.day, 'en'));
    const days = newest.map(({ day }) => day);
    const answers = await this.threads.of(access, 'day', days);
    return newest.map((review) => this.reviewOf(review, access, answers));
  }

  /** Finds the review of a day. @throws `AUDIT_NOT_FOUND` */
  async find(access: LedgerAccess, day: string): Promise<DailyReview> {
    for await (const review of signedReviews(this.reader, this.signer.trust, day)) {
      return this.reviewOf(review, access, await this.threads.of(access, 'day', [day]));
    }
    throw watchErrors.AUDIT_NOT_FOUND(day);
  }

  /** Reads the review of a day with its contents. @throws `AUDIT_NOT_FOUND` */
  async page(access: LedgerAccess, day: string): Promise<ReviewPage> {
    const review = await this.find(access, day);
    const figures = await readSections(this.reader, access, review);
    const alerts = (await this.alerts.ofPlaces(access, review)).map(factsOf);
    return { ...review, ...figures, alerts };
  }

  private reviewOf(opened: SignedReview, access: LedgerAccess, all: readonly Reply[]): DailyReview {
    const answers = all.filter(({ to }) => to === opened.day);
    const isOverdue = this.clock.now() > Date.parse(opened.to) + opened.alertAfterDays * DAY_MS;
    const state = isSignedFor(access, answers) ? 'signed_off' : isOverdue ? 'overdue' : 'open';
    return { ...opened, state, answers };
  }
}

function factsOf({ id, state, rule, title, level, raisedAt, tenantId }: Alert): ReviewAlert {
  return { id, state, rule, title, level, raisedAt, ...(tenantId !== undefined && { tenantId }) };
}

/** If the access has several tenants, each tenant needs a sign-off. */
function isSignedFor(access: LedgerAccess, answers: readonly Reply[]): boolean {
  const signed = new Set(answers.filter(({ kind }) => kind === 'sign_off').map(({ tenantId }) => tenantId));
  const tenants = access.scope === 'tenants' ? access.tenantIds : [];
  return signed.has(undefined) || (tenants.length > 0 && tenants.every((id) => signed.has(id)));
}
