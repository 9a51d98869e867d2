import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { KeeperSession, type KeeperQueries } from '../ledger/keeper-session.js';
import { AS_KEEPER } from '../ledger/ledger-address.js';
import { LedgerConnections } from '../ledger/ledger-connections.js';
import type { LedgerRow } from '../ledger/ledger-row.js';
import { limitsWithin } from '../ledger/pool-limits.js';
import { MONITORING_OPTIONS, type ResolvedMonitoringOptions } from '../monitoring-options.js';
import { ERASURE_WORK } from './erasure-work.js';

const TIMEOUT_MS = 20_000;

/** The connection by which erasures are planned and looked up. Whoever carries one out has a session of its own. */
@Injectable()
export class Keeper implements KeeperQueries, OnApplicationShutdown {
  private readonly connectionUrl: string;
  private readonly connections: LedgerConnections;

  constructor(@Inject(MONITORING_OPTIONS) { sequencerUrl }: Pick<ResolvedMonitoringOptions, 'sequencerUrl'>) {
    this.connectionUrl = sequencerUrl;
    this.connections = new LedgerConnections({
      connectionUrl: sequencerUrl,
      maxConnections: 1,
      limits: limitsWithin(TIMEOUT_MS),
      settings: AS_KEEPER,
    });
  }

  async rows(text: string, values: readonly unknown[] = []): Promise<readonly LedgerRow[]> {
    return (await this.connections.query({ text, values: [...values] })).rows;
  }

  /** A session, which the caller closes. Rejects with the client's error. */
  openSession(): Promise<KeeperSession> {
    return KeeperSession.open(this.connectionUrl, ERASURE_WORK);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.connections.end();
  }
}
