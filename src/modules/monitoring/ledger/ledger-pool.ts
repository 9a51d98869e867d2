import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import pg from 'pg';
import { AuditAggregator } from '../../../audit/index.js';
import { MONITORING_OPTIONS, type MonitoringOptions } from '../monitoring-options.js';

/** The ledger's own connections, so that a busy application neither starves the audit nor is starved by it. */
@Injectable()
export class LedgerPool implements OnApplicationShutdown {
  private readonly logger = new Logger('AuditLedger');
  private readonly pool: pg.Pool;

  constructor(
    @Inject(MONITORING_OPTIONS) { connectionUrl, maxWriteConnections = 2 }: MonitoringOptions,
    @Inject(AuditAggregator) private readonly aggregator: AuditAggregator,
  ) {
    this.pool = new pg.Pool({
      connectionString: connectionUrl,
      max: maxWriteConnections,
      application_name: 'nestjs-audit-ledger',
      connectionTimeoutMillis: 5_000,
    });
    this.pool.on('error', (error) =>
      this.logger.warn(`A connection of the ledger broke: ${error.message}. Another is made.`),
    );
  }

  /** Runs one statement. Rejects with the client's error. */
  async query(statement: pg.QueryConfig): Promise<pg.QueryResult<Record<string, unknown>>> {
    return this.pool.query<Record<string, unknown>>(statement);
  }

  /** What was accepted is written first. */
  async onApplicationShutdown(): Promise<void> {
    await this.aggregator.drain();
    await this.pool.end();
  }
}
