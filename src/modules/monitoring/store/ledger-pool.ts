import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type pg from 'pg';
import { AuditAggregator } from '../../../audit/index.js';
import { STORE_OPTIONS, type StoreOptions } from './store-options.js';
import { AS_WRITER } from './ledger-address.js';
import { LedgerConnections, type LedgerResult } from './ledger-connections.js';
import { limitsWithin } from './pool-limits.js';

/** The connections that the ledger is written by, so that a busy application neither starves the audit nor is starved by it. */
@Injectable()
export class LedgerPool implements OnApplicationShutdown {
  /** How long a statement may wait for a lock, in milliseconds: a little less than `providerTimeoutMs`. */
  readonly lockTimeoutMs: number;
  private readonly connections: LedgerConnections;

  constructor(
    @Inject(STORE_OPTIONS) { connectionUrl, maxWriteConnections }: StoreOptions,
    @Inject(AuditAggregator) private readonly aggregator: AuditAggregator,
  ) {
    const limits = limitsWithin(aggregator.providerTimeoutMs);
    this.lockTimeoutMs = limits.lockTimeoutMs;
    this.connections = new LedgerConnections({
      connectionUrl,
      maxConnections: maxWriteConnections,
      limits,
      settings: AS_WRITER,
    });
  }

  /**
   * Runs one statement, within `providerTimeoutMs` and until `signal` is aborted. Rejects with the client's error, which
   * `explainLedgerError` explains.
   */
  async query(statement: pg.QueryConfig, signal?: AbortSignal): Promise<LedgerResult> {
    return this.connections.query(statement, signal);
  }

  /** What was accepted is written first. */
  async onApplicationShutdown(): Promise<void> {
    await this.aggregator.drain();
    await this.connections.end();
  }
}
