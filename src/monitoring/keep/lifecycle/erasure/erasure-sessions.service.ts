import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { ERASURE, KEEPER } from '../../../store/ledger-roles.js';
import { LedgerSession, type LedgerQueries } from '../../../store/sessions/ledger-session.js';
import { useSession } from '../../../store/sessions/use-session.js';
import { LedgerSessions } from '../../../store/sessions/ledger-sessions.js';
import type { LedgerRow } from '../../../store/ledger-row.js';
import { ERASURE_LIMITS, createPoolLimits } from '../../../store/sessions/session-limits.js';
import { STORE_OPTIONS, type StoreOptions } from '../../../store/store-options.js';
import { logWarning } from '../../../store/log-warning.js';

const TIMEOUT_MS = 20_000;

/** Provides a connection for reads of erasures, and sessions that plan and carry out erasures. */
@Injectable()
export class ErasureSessions implements LedgerQueries, OnApplicationShutdown {
  private readonly sessions: LedgerSessions;

  constructor(@Inject(STORE_OPTIONS) private readonly options: Pick<StoreOptions, 'sequencerUrl'>) {
    this.sessions = new LedgerSessions(options.sequencerUrl, KEEPER, createPoolLimits(TIMEOUT_MS), 1, logWarning);
  }

  async rows(text: string, values: readonly unknown[] = []): Promise<readonly LedgerRow[]> {
    return this.sessions.rows(text, values);
  }

  /** Runs `work` with a session. @throws `AUDIT_LEDGER_UNAVAILABLE` */
  use<Result>(work: (session: LedgerSession) => Promise<Result>): Promise<Result> {
    return useSession(this.options.sequencerUrl, ERASURE, ERASURE_LIMITS, work);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.sessions.end();
  }
}
