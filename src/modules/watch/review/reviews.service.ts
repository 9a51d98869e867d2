import { Inject, Injectable } from '@nestjs/common';
import { AuditAggregator, Catalogue } from '../../../audit/index.js';
import type { LedgerAccess } from '../../monitoring/access/ledger-access.js';
import { PrimaryQuery } from '../../monitoring/query/primary-query.service.js';
import { EventSamples } from '../sample/event-samples.service.js';
import { CheckpointSigner } from '../../monitoring/signing/checkpoint-signer.service.js';
import { LedgerClock } from '../../monitoring/store/ledger-clock.js';
import { PrimaryReader } from '../../monitoring/store/sessions/primary-reader.service.js';
import { RecordedChanges } from '../../monitoring/store/recorded-changes.service.js';
import { Alerts } from '../alerts/alerts.service.js';
import { DailyReviews, type ReviewStep } from './daily-reviews.js';
import { ReviewRefusedError } from './review.error.js';
import { takeStep, type NewStep } from './take-step.js';

/** The reviews of days: what to look at, and who has done so. */
@Injectable()
export class Reviews extends DailyReviews {
  constructor(
    @Inject(PrimaryReader) private readonly events: PrimaryReader,
    @Inject(PrimaryQuery) ledger: PrimaryQuery,
    @Inject(Catalogue) catalogue: Catalogue,
    @Inject(Alerts) alerts: Alerts,
    @Inject(LedgerClock) clock: LedgerClock,
    @Inject(AuditAggregator) private readonly aggregator: AuditAggregator,
    @Inject(RecordedChanges) private readonly changes: RecordedChanges,
    @Inject(CheckpointSigner) signer: CheckpointSigner,
  ) {
    const samples = new EventSamples(events, catalogue);
    super(
      events,
      ledger,
      samples,
      alerts,
      () => signer.trust,
      () => clock.now(),
    );
  }

  /**
   * Comments on a day, or signs it off, by the actor of the request. Calls for one day run one after the other, in all processes.
   *
   * @throws UnknownReviewError (`AUDIT_REVIEW_UNKNOWN`), ReviewRefusedError (`AUDIT_REVIEW_REFUSED`), InvalidReviewError
   * (`AUDIT_REVIEW_INVALID`),
   *   LedgerUnavailableError (`AUDIT_LEDGER_UNAVAILABLE`)
   */
  async take(access: LedgerAccess, day: string, step: NewStep): Promise<ReviewStep> {
    const { id: by, onBehalfOf } = this.aggregator.currentActor() ?? {};
    if (by === undefined) throw ReviewRefusedError.nobody();
    return this.changes.within(`audit_day ${day}`, {}, async (_session, record) =>
      takeStep(await this.find(access, day), step, {
        access,
        by: String(by),
        ...(onBehalfOf && { onBehalfOf: String(onBehalfOf.id) }),
        reader: this.events,
        record,
      }),
    );
  }
}
