import { Inject, Injectable, Logger } from '@nestjs/common';
import { AuditAggregator } from '../../../../audit/index.js';
import { getErrorMessage } from '../../../../audit/nest-free.js';
import { PersonalNames, type PreparedEvent } from '../../../../audit/internal.js';
import { extendWithOwnRules } from '../../../read/access/own-events.js';
import { CheckpointSigner } from '../../../proof/signing/checkpoint-signer.service.js';
import { appendEvent } from '../../../inbox/append-own-event.js';
import { READER, RETENTION } from '../../../store/ledger-roles.js';
import type { LedgerSession } from '../../../store/sessions/ledger-session.js';
import { useSession } from '../../../store/sessions/use-session.js';
import { RETENTION_LIMITS } from '../../../store/sessions/session-limits.js';
import { STORE_OPTIONS, type StoreOptions } from '../../../store/store-options.js';
import { listHolds, placeHold, releaseHold, type HoldRecorder } from './legal-hold.js';
import type { HoldRequest, LegalHold } from './legal-hold.dto.js';

/**
 * Places and releases legal holds. Events under a hold are neither retired nor erased. One database transaction stores the hold, its signed
 * act, and the event about the hold. After the commit, the providers other than the ledger get the event.
 */
@Injectable()
export class LegalHolds {
  private readonly logger = new Logger('AuditLedger');

  constructor(
    @Inject(STORE_OPTIONS) private readonly options: Pick<StoreOptions, 'connectionUrl' | 'sequencerUrl'>,
    @Inject(AuditAggregator) private readonly aggregator: AuditAggregator,
    @Inject(CheckpointSigner) private readonly signer: CheckpointSigner,
    @Inject(PersonalNames) private readonly personalNames: PersonalNames,
  ) {}

  /**
   * Places a hold. When the promise resolves, the hold is in force and its event is recorded.
   *
   * @param by the id of the person who places the hold
   * @throws `AUDIT_REQUEST_INVALID`, `AUDIT_LEDGER_UNAVAILABLE`
   */
  async place(request: HoldRequest, by: string): Promise<LegalHold> {
    return this.recorded((session, record) => placeHold(session, request, by, this.signer, record));
  }

  /** Returns all holds, newest first. @throws `AUDIT_LEDGER_UNAVAILABLE` */
  async list(): Promise<readonly LegalHold[]> {
    return useSession(this.options.connectionUrl, READER, RETENTION_LIMITS, listHolds);
  }

  /**
   * Releases a hold. When the promise resolves, the hold has ended and its event is recorded.
   *
   * @throws `AUDIT_NOT_FOUND`, `AUDIT_LEDGER_UNAVAILABLE`
   */
  async release(id: string, by: string, reason: string): Promise<LegalHold> {
    return this.recorded((session, record) => releaseHold(session, id, { by, reason }, this.signer, record));
  }

  /** The transaction of `work` stores the event. All providers get the event after the commit. */
  private async recorded(
    work: (session: LedgerSession, record: HoldRecorder) => Promise<LegalHold>,
  ): Promise<LegalHold> {
    let prepared: PreparedEvent | undefined;
    const hold = await this.inSession((session) =>
      work(session, async (transaction, action, input) => {
        prepared = this.aggregator.prepare(action, input);
        await appendEvent(transaction, prepared.event, (type) =>
          extendWithOwnRules(type, this.personalNames.rulesFor(type)),
        );
      }),
    );
    await prepared?.deliver().catch((error: unknown) => {
      // The hold and its event are stored: if this method rejected, the caller would repeat the request.
      this.logger.error(getErrorMessage(error));
    });
    return hold;
  }

  private inSession<Result>(work: (session: LedgerSession) => Promise<Result>): Promise<Result> {
    return useSession(this.options.sequencerUrl, RETENTION, RETENTION_LIMITS, work);
  }
}
