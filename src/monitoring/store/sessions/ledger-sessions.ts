import type { Socket } from 'node:net';
import pg from 'pg';
import { EXACT_JSON, LedgerClient, WRITERS, openSocket } from './ledger-client.js';
import { getErrorMessage, setTimeout, clearTimeout } from '../../../audit/nest-free.js';
import { getSqlState } from './classify-ledger-error.js';
import type { LedgerRole } from '../ledger-roles.js';
import type { InboxKeys } from '../inbox-keys.js';
import { buildClientConfig, LedgerSession, type LedgerQueries, type LedgerResult } from './ledger-session.js';
import type { PoolLimits } from './session-limits.js';

const IDLE_TIMEOUT_MS = 60_000;
const KEEP_ALIVE_AFTER_MS = 10_000;
const CLOSE_TIMEOUT_MS = 1_000;

/** The SQLSTATEs after which the connection is useless, whatever severity the error has. */
const ENDS_CONNECTION = /^(08|57P|XX)/;

/** A small pool of sessions that survives errors of the server. No statement hangs, and no error ends the process. */
export class LedgerSessions implements LedgerQueries {
  private readonly pool: pg.Pool;
  /** If a server hangs, only destroying the socket ends the connection. */
  private readonly sockets = new Set<Socket>();
  private readonly sessions = new WeakMap<pg.PoolClient, LedgerSession>();
  private readonly begun = new WeakSet<LedgerSession>();

  /**
   * @param max the maximum number of sessions
   * @param warn called when a connection breaks; the pool replaces the connection
   */
  constructor(
    private readonly connectionUrl: string,
    private readonly role: LedgerRole,
    limits: PoolLimits,
    max = 1,
    warn: (message: string) => void = () => undefined,
  ) {
    const { queryTimeoutMs: connectTimeoutMs, idleTimeoutMs = IDLE_TIMEOUT_MS } = limits;
    this.pool = new pg.Pool({
      ...buildClientConfig(connectionUrl, role, { ...limits, connectTimeoutMs, keepAliveAfterMs: KEEP_ALIVE_AFTER_MS }),
      Client: LedgerClient,
      types: role.types ?? EXACT_JSON,
      max,
      idleTimeoutMillis: idleTimeoutMs,
      stream: () => this.openSocket(connectionUrl),
    });
    this.pool.on('error', (error) =>
      warn(`A connection to the ledger broke: ${getErrorMessage(error)}. The pool opens another one.`),
    );
    // The session listens from the first moment: a server that shuts down may accept a connection and report an error in the same turn.
    this.pool.on('connect', (client) => this.getSession(client));
  }

  get writer(): InboxKeys | undefined {
    return WRITERS.get(this.connectionUrl);
  }

  /** Runs `work` with a session. Rejects with the error of the PostgreSQL client within the time limits, or at once when `signal` is aborted. */
  async use<Result>(work: (session: LedgerSession) => Promise<Result>, signal?: AbortSignal): Promise<Result> {
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
      const session = this.getSession(client);
      if (!this.begun.has(session)) {
        await session.begin();
        this.begun.add(session);
      }
      const result = await work(session);
      release(false);
      return result;
    } catch (error) {
      release(!isOrdinary(error));
      throw error;
    }
  }

  /** Runs one statement in a session of the pool. Rejects like {@link use}. */
  async query(statement: pg.QueryConfig, signal?: AbortSignal): Promise<LedgerResult> {
    return this.use((session) => session.query(statement), signal);
  }

  async rows(...statement: Parameters<LedgerSession['rows']>): ReturnType<LedgerSession['rows']> {
    return this.use((session) => session.rows(...statement));
  }

  /** Runs one query with the given settings, in a transaction that is rolled back, and returns the rows. */
  async rowsWithin(
    settings: Readonly<Record<string, string>>,
    text: string,
    values: readonly unknown[],
  ): ReturnType<LedgerSession['rows']> {
    return this.use(async (session) => {
      const set = Object.entries(settings).map(([name, value]) => `SET LOCAL ${name} = ${session.literal(value)}`);
      await session.rows(['BEGIN', ...set].join('; '));
      try {
        return await session.rows(text, values);
      } finally {
        await session.rows('ROLLBACK');
      }
    });
  }

  /** Ends every connection; by force if the server does not respond. A second call does nothing. */
  async end(): Promise<void> {
    if (this.pool.ending) return;
    const timer = setTimeout(() => {
      for (const socket of this.sockets) socket.destroy();
    }, CLOSE_TIMEOUT_MS);
    await this.pool.end().finally(() => clearTimeout(timer));
  }

  async onApplicationShutdown(): Promise<void> {
    await this.end();
  }

  private getSession(client: pg.PoolClient): LedgerSession {
    const session = this.sessions.get(client) ?? LedgerSession.pooled(client, this.role, this.connectionUrl);
    this.sessions.set(client, session);
    return session;
  }

  private openSocket(connectionUrl: string): Socket {
    const socket = openSocket(connectionUrl);
    this.sockets.add(socket);
    return socket.once('close', () => this.sockets.delete(socket));
  }
}

function isOrdinary(error: unknown): boolean {
  const sqlState = getSqlState(error);
  return sqlState !== undefined && !ENDS_CONNECTION.test(sqlState);
}
