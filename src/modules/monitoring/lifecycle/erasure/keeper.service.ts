import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { KeeperSession, type KeeperQueries } from '../../store/keeper-session.js';
import { AS_KEEPER } from '../../store/ledger-address.js';
import { LedgerConnections } from '../../store/ledger-connections.js';
import type { LedgerRow } from '../../store/ledger-row.js';
import { limitsWithin } from '../../store/pool-limits.js';
import { STORE_OPTIONS, type StoreOptions } from '../../store/store-options.js';
import { ERASURE_WORK } from './erasure-work.js';

const TIMEOUT_MS = 20_000;

/** The connection by which erasures are planned and looked up. Whoever carries one out has a session of its own. */
@Injectable()
export class Keeper implements KeeperQueries, OnApplicationShutdown {
  private readonly connectionUrl: string;
  private readonly connections: LedgerConnections;

  constructor(@Inject(STORE_OPTIONS) { sequencerUrl }: Pick<StoreOptions, 'sequencerUrl'>) {
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
