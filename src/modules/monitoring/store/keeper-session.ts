import pg from 'pg';
import { addressWith, AS_KEEPER } from './ledger-address.js';
import { EXACT_JSON } from './exact-json.js';
import { requireRole } from './own-session.js';

type Row = Readonly<Record<string, unknown>>;

/** What runs statements with the rights of `audit_keeper`: a session, or connections that are shared. */
export interface KeeperQueries {
  /** The rows of one statement. Rejects with the client's error. */
  rows(text: string, values?: readonly unknown[]): Promise<readonly Row[]>;
}

/** What a session is opened for. */
export interface KeeperWork {
  /** What the server shows it as, after the library's own name. */
  readonly name: string;
  /** The table of what is worked on: its lock is for one session at a time, in each ledger of a database. */
  readonly table: string;
  /** For how long a statement may run, in milliseconds. @defaultValue as long as it takes */
  readonly statementTimeoutMs?: number;
  /** For how long a statement may wait for a lock, in milliseconds. @defaultValue as long as it takes */
  readonly lockTimeoutMs?: number;
}

/** The first half of the lock's key; the second is the table. */
const LOCK_CLASS = 7_361_996;
const LOCK = `SELECT pg_try_advisory_lock(${LOCK_CLASS}, hashtext($1::regclass::oid::text)) AS locked`;

const CONNECT_TIMEOUT_MS = 10_000;

/** One connection with the rights of `audit_keeper`, for as long as a piece of work takes. */
export class KeeperSession implements KeeperQueries {
  private constructor(
    private readonly client: pg.Client,
    private readonly table: string,
  ) {
    client.on('error', ignore); // the statement under way rejects with it
  }

  /** Connects. Rejects with the client's error. */
  static async open(connectionUrl: string, work: KeeperWork): Promise<KeeperSession> {
    const { name, table, statementTimeoutMs = 0, lockTimeoutMs = 0 } = work;
    const client = new pg.Client({
      types: EXACT_JSON,
      connectionString: addressWith(connectionUrl, {
        ...AS_KEEPER,
        statement_timeout: String(statementTimeoutMs),
        lock_timeout: String(lockTimeoutMs),
      }),
      application_name: `nestjs-audit-ledger ${name}`,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      ...(statementTimeoutMs > 0 && { query_timeout: statementTimeoutMs + CONNECT_TIMEOUT_MS }), // of a server that hangs
      keepAlive: true,
    });
    const session = new KeeperSession(client, table);
    try {
      await client.connect();
      await requireRole(client, AS_KEEPER.role);
      return session;
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  /** Takes the lock of those who do this work, if it is free, until the session ends. */
  async tryToLock(): Promise<boolean> {
    const [row] = await this.rows(LOCK, [this.table]);
    return row?.locked === true;
  }

  async rows(text: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
    return (await this.client.query<Row>(text, [...values])).rows;
  }

  /** Does `work` while nobody else holds the advisory lock of this name. */
  async whileLocked<Result>(lock: string, work: () => Promise<Result>): Promise<Result> {
    await this.rows('SELECT pg_advisory_lock(hashtext($1))', [lock]);
    try {
      return await work();
    } finally {
      await this.rows('SELECT pg_advisory_unlock(hashtext($1))', [lock]).catch(ignore);
    }
  }

  /** Does `work` in a transaction, which is rolled back when it rejects. */
  async inTransaction<Result>(work: () => Promise<Result>): Promise<Result> {
    await this.rows('BEGIN');
    try {
      const result = await work();
      await this.rows('COMMIT');
      return result;
    } catch (error) {
      await this.rows('ROLLBACK').catch(ignore);
      throw error;
    }
  }

  /** Ends the connection. Never rejects. */
  async close(): Promise<void> {
    await this.client.end().catch(ignore);
  }
}

function ignore(): void {
  // With the connection, its transaction and its locks are gone as well.
}
