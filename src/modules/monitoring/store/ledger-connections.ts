import { Socket } from 'node:net';
import { Logger } from '@nestjs/common';
import pg from 'pg';
import { sqlStateOf } from './classify-ledger-error.js';
import { addressWith } from './ledger-address.js';
import { requireRole } from './own-session.js';
import type { PoolLimits } from './pool-limits.js';
import { EXACT_JSON } from './exact-json.js';

/** What a statement returns. */
export type LedgerResult = pg.QueryResult<Record<string, unknown>>;

/** How to connect. */
export interface LedgerConnectionsOptions {
  readonly connectionUrl: string;
  readonly maxConnections: number;
  readonly limits: PoolLimits;
  /** What each session begins with, by name. */
  readonly settings?: Readonly<Record<string, string>>;
}

const IDLE_TIMEOUT_MS = 60_000;
const KEEP_ALIVE_AFTER_MS = 10_000;
const GOODBYE_MS = 1_000;

/** SQLSTATEs with which the server ends the connection, however it words their severity. */
const ENDS_CONNECTION = /^(08|57P|XX)/;

/** A small pool of connections to the ledger that outlives its server's faults: no statement hangs, none breaks the process. */
export class LedgerConnections {
  private readonly logger = new Logger('AuditLedger');
  private readonly pool: pg.Pool;
  /** Owned, since a hung server's connection can only be ended by force. */
  private readonly sockets = new Set<Socket>();
  /** Connections whose session has its own settings. */
  private readonly seen = new WeakSet<pg.PoolClient>();
  private readonly role: string | undefined;

  constructor({ connectionUrl, maxConnections, limits, settings = {} }: LedgerConnectionsOptions) {
    this.role = settings.role;
    this.pool = new pg.Pool({
      types: EXACT_JSON,
      connectionString: addressWith(connectionUrl, settings),
      max: maxConnections,
      application_name: 'nestjs-audit-ledger',
      connectionTimeoutMillis: limits.answerTimeoutMs,
      query_timeout: limits.answerTimeoutMs,
      statement_timeout: limits.statementTimeoutMs,
      lock_timeout: limits.lockTimeoutMs,
      idleTimeoutMillis: IDLE_TIMEOUT_MS,
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_AFTER_MS,
      stream: () => this.openSocket(),
    });
    this.pool.on('error', (error) =>
      this.logger.warn(`A connection of the ledger broke: ${error.message}. Another is made.`),
    );
    // For good, and not only while it is in use: a server that ends says so in the very turn in which it lets one in.
    this.pool.on('connect', (client) => client.on('error', ignore));
  }

  /**
   * Runs one statement; its connection serves on after an ordinary error of SQL. Rejects with the client's error: within the
   * limits, and at once when `signal` is aborted.
   */
  async query(statement: pg.QueryConfig, signal?: AbortSignal): Promise<LedgerResult> {
    return this.use((client) => client.query<Record<string, unknown>>(statement), signal);
  }

  /** Runs one statement in a transaction of its own that begins with these settings; nothing of them is left behind it. */
  async queryWithin(settings: Readonly<Record<string, string>>, statement: pg.QueryConfig): Promise<LedgerResult> {
    return this.use(async (client) => {
      const set = Object.entries(settings).map(([name, value]) => `SET LOCAL ${name} = ${client.escapeLiteral(value)}`);
      await client.query(['BEGIN', ...set].join('; '));
      try {
        return await client.query<Record<string, unknown>>(statement);
      } finally {
        await client.query('ROLLBACK');
      }
    });
  }

  /** Ends every connection; by force those whose server does not answer. Again, it does nothing. */
  async end(): Promise<void> {
    if (this.pool.ending) return;
    const timer = setTimeout(() => {
      for (const socket of this.sockets) socket.destroy();
    }, GOODBYE_MS);
    await this.pool.end().finally(() => clearTimeout(timer));
  }

  /** Runs `work` on a connection that it gets back afterwards, until `signal` is aborted. Rejects with the client's error. */
  async use(work: (client: pg.PoolClient) => Promise<LedgerResult>, signal?: AbortSignal): Promise<LedgerResult> {
    signal?.throwIfAborted();
    const client = await this.pool.connect();
    let isReleased = false;
    const release = (isBroken: boolean): void => {
      if (isReleased) return;
      isReleased = true;
      signal?.removeEventListener('abort', drop);
      client.release(isBroken);
    };
    const drop = (): void => release(true);
    signal?.addEventListener('abort', drop);
    try {
      signal?.throwIfAborted();
      if (!this.seen.has(client)) {
        await requireRole(client, this.role);
        this.seen.add(client);
      }
      const result = await work(client);
      release(false);
      return result;
    } catch (error) {
      release(!isOrdinary(error));
      throw error;
    }
  }

  private openSocket(): Socket {
    const socket = new Socket();
    this.sockets.add(socket);
    return socket.once('close', () => this.sockets.delete(socket));
  }
}

function isOrdinary(error: unknown): boolean {
  const sqlState = sqlStateOf(error);
  return sqlState !== undefined && !ENDS_CONNECTION.test(sqlState);
}

function ignore(): void {
  // The statement rejects with it. A connection that breaks while nobody listens for it would end the process.
}
