import { Inject, Injectable } from '@nestjs/common';
import { AuditAggregator } from '../../../../audit/index.js';
import { STORE_OPTIONS, type StoreOptions } from '../store-options.js';
import { WRITER } from '../ledger-roles.js';
import { LedgerSessions } from './ledger-sessions.js';
import { limitsWithin } from './session-limits.js';

/** The connections that write to the ledger, separate from the application's, so that neither can starve the other. */
@Injectable()
export class LedgerPool extends LedgerSessions {
  /** How long a statement may wait for a lock, in milliseconds: a little less than `providerTimeoutMs`. */
  readonly lockTimeoutMs: number;

  constructor(
    @Inject(STORE_OPTIONS) { connectionUrl, maxWriteConnections }: StoreOptions,
    @Inject(AuditAggregator) private readonly aggregator: AuditAggregator,
  ) {
    const limits = limitsWithin(aggregator.providerTimeoutMs);
    super(connectionUrl, WRITER, limits, maxWriteConnections);
    this.lockTimeoutMs = limits.lockTimeoutMs;
  }

  /** Ends the pool after accepted events are written. */
  override async onApplicationShutdown(): Promise<void> {
    await this.aggregator.drain();
    await super.onApplicationShutdown();
  }
}
