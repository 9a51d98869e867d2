import { Inject, Injectable } from '@nestjs/common';
import { AuditAggregator } from '../../../../audit/index.js';
import { HOLD_ACTIONS } from '../../acts/hold-acts.js';
import { CheckpointSigner } from '../../signing/checkpoint-signer.service.js';
import { RETENTION } from '../../store/ledger-roles.js';
import { RETENTION_LIMITS } from '../../store/session-limits.js';
import { LedgerSession } from '../../store/ledger-session.js';
import { STORE_OPTIONS, type StoreOptions } from '../../store/store-options.js';
import { detailsOf, listHolds, placeHold, releaseHold, type HoldRequest, type LegalHold } from './holds.js';

/** Places and releases legal holds: what one covers is neither retired nor erased. Each is a signed act, and its event. */
@Injectable()
export class LegalHolds {
  constructor(
    @Inject(STORE_OPTIONS) private readonly options: Pick<StoreOptions, 'sequencerUrl'>,
    @Inject(AuditAggregator) private readonly aggregator: AuditAggregator,
    @Inject(CheckpointSigner) private readonly signer: CheckpointSigner,
  ) {}

  /**
   * Places a hold: in force, and its event recorded, when it resolves.
   *
   * @param by who places it: an id
   * @throws InvalidHoldError (`AUDIT_HOLD_INVALID`), LedgerUnavailableError (`AUDIT_LEDGER_UNAVAILABLE`)
   */
  async place(request: HoldRequest, by: string): Promise<LegalHold> {
    const placed = await this.inSession((session) => placeHold(session, request, by, this.signer));
    await this.record(HOLD_ACTIONS.placed, placed.hold, request.reason);
    return placed.hold;
  }

  /** All holds, newest first. @throws LedgerUnavailableError (`AUDIT_LEDGER_UNAVAILABLE`) */
  async list(): Promise<readonly LegalHold[]> {
    return this.inSession(listHolds);
  }

  /**
   * Releases a hold: over, and its event recorded, when it resolves.
   *
   * @throws UnknownHoldError (`AUDIT_HOLD_UNKNOWN`), LedgerUnavailableError (`AUDIT_LEDGER_UNAVAILABLE`)
   */
  async release(id: string, by: string, reason: string): Promise<LegalHold> {
    const released = await this.inSession((session) => releaseHold(session, id, { by, reason }, this.signer));
    await this.record(HOLD_ACTIONS.released, released.hold, reason);
    return released.hold;
  }

  private async record(action: string, hold: LegalHold, reason: string): Promise<void> {
    await this.aggregator.record(action, {
      severity: 'warning',
      resource: { type: 'legal_hold', id: hold.id },
      reason,
      details: detailsOf(hold),
    });
  }

  private inSession<Result>(work: (session: LedgerSession) => Promise<Result>): Promise<Result> {
    return LedgerSession.use(this.options.sequencerUrl, RETENTION, RETENTION_LIMITS, work);
  }
}
