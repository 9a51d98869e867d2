import { Inject, Injectable } from '@nestjs/common';
import { AuditAggregator } from '../../../audit/index.js';
import { STORE_OPTIONS, type StoreOptions } from './store-options.js';
import { READER } from './ledger-roles.js';
import { LedgerSessions } from './sessions/ledger-sessions.js';
import { limitsWithin } from './sessions/session-limits.js';
import { warnInLog } from './warn-in-log.js';
import { TIMING } from './timing.js';

/** Reads the ledger's state on a connection of its own, so that it takes none from writers and readers of events. It sees no event. */
@Injectable()
export class LedgerStateReader extends LedgerSessions {
  constructor(
    @Inject(STORE_OPTIONS) { connectionUrl }: Pick<StoreOptions, 'connectionUrl'>,
    @Inject(AuditAggregator) { providerTimeoutMs }: Pick<AuditAggregator, 'providerTimeoutMs'>,
  ) {
    const limits = limitsWithin(Math.min(TIMING.stateMs, providerTimeoutMs));
    super(connectionUrl, READER, limits, 1, warnInLog);
  }
}
