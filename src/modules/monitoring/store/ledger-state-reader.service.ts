import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { AuditAggregator } from '../../../audit/index.js';
import { STORE_OPTIONS, type StoreOptions } from './store-options.js';
import { READER } from './ledger-roles.js';
import { LedgerSessions } from './sessions/ledger-sessions.js';
import type { LedgerRow } from './ledger-row.js';
import { readLedgerState, type LedgerState } from './ledger-state.js';
import { limitsWithin } from './sessions/session-limits.js';
import { warnInLog } from './warn-in-log.js';
import { TIMING } from './timing.js';

/** Reads the ledger's state on a connection of its own, so that it takes none from writers and readers of events. It sees no event. */
@Injectable()
export class LedgerStateReader implements OnApplicationShutdown {
  private readonly sessions: LedgerSessions;

  constructor(
    @Inject(STORE_OPTIONS) { connectionUrl }: Pick<StoreOptions, 'connectionUrl'>,
    @Inject(AuditAggregator) { providerTimeoutMs }: Pick<AuditAggregator, 'providerTimeoutMs'>,
  ) {
    const limits = limitsWithin(Math.min(TIMING.stateMs, providerTimeoutMs));
    this.sessions = new LedgerSessions(connectionUrl, READER, limits, 1, warnInLog);
  }

  /** How the ledger is now. Rejects with the client's error. */
  async state(): Promise<LedgerState> {
    return readLedgerState(this);
  }

  /** The rows of one statement about the log. Rejects with the client's error. */
  async rows(text: string, values: readonly unknown[] = []): Promise<readonly LedgerRow[]> {
    return this.sessions.rows(text, values);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.sessions.end();
  }
}
