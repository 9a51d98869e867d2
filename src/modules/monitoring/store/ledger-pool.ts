import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type pg from 'pg';
import { AuditAggregator } from '../../../audit/index.js';
import { STORE_OPTIONS, type StoreOptions } from './store-options.js';
import { WRITER } from './ledger-roles.js';
import type { LedgerResult } from './ledger-session.js';
import { LedgerSessions } from './ledger-sessions.js';
import { limitsWithin } from './session-limits.js';

/** The connections that the ledger is written by, so that a busy application neither starves the audit nor is starved by it. */
@Injectable()
export class LedgerPool implements OnApplicationShutdown {
  /** How long a statement may wait for a lock, in milliseconds: a little less than `providerTimeoutMs`. */
  readonly lockTimeoutMs: number;
  private readonly sessions: LedgerSessions;

  constructor(
    @Inject(STORE_OPTIONS) { connectionUrl, maxWriteConnections }: StoreOptions,
    @Inject(AuditAggregator) private readonly aggregator: AuditAggregator,
  ) {
    const limits = limitsWithin(aggregator.providerTimeoutMs);
    this.lockTimeoutMs = limits.lockTimeoutMs;
    this.sessions = new LedgerSessions(connectionUrl, WRITER, limits, maxWriteConnections);
  }

  /**
   * Runs one statement, within `providerTimeoutMs` and until `signal` is aborted. Rejects with the client's error, which
   * `explainLedgerError` explains.
   */
  async query(statement: pg.QueryConfig, signal?: AbortSignal): Promise<LedgerResult> {
    return this.sessions.query(statement, signal);
  }

  /** What was accepted is written first. */
  async onApplicationShutdown(): Promise<void> {
    await this.aggregator.drain();
    await this.sessions.end();
  }
}
