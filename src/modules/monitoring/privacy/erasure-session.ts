import pg from 'pg';
import { addressWith, AS_KEEPER } from '../ledger/ledger-address.js';

/** The first half of the lock's key; the second is the table, so that each ledger of a database has one of its own. */
const LOCK_CLASS = 7_361_995;

const CONNECT_TIMEOUT_MS = 5_000;
const STATEMENT_TIMEOUT_MS = 60_000;
/** So that no writer waits long behind it, should it ever wait for a lock itself. */
const LOCK_TIMEOUT_MS = 10_000;

const LOCK = `SELECT pg_try_advisory_lock(${LOCK_CLASS}, hashtext('audit_erasure'::regclass::oid::text)) AS locked`;

type Row = Readonly<Record<string, unknown>>;

/** What runs statements: a session, or the connections of the keeper. */
export interface KeeperQueries {
  /** The rows of one statement. Rejects with the client's error. */
  rows(text: string, values?: readonly unknown[]): Promise<readonly Row[]>;
}

/** One connection with the rights of erasure, and nothing else. */
export class ErasureSession implements KeeperQueries {
  private constructor(private readonly client: pg.Client) {
    client.on('error', ignore);
  }

  /** Connects. Rejects with the client's error. */
  static async open(connectionUrl: string): Promise<ErasureSession> {
    const client = new pg.Client({
      connectionString: addressWith(connectionUrl, AS_KEEPER),
      application_name: 'nestjs-audit-ledger erasure',
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      statement_timeout: STATEMENT_TIMEOUT_MS,
      lock_timeout: LOCK_TIMEOUT_MS,
      query_timeout: STATEMENT_TIMEOUT_MS + CONNECT_TIMEOUT_MS,
      keepAlive: true,
    });
    const session = new ErasureSession(client);
    try {
      await client.connect();
      return session;
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  /** Takes the lock of those who erase, if it is free, until the session ends. */
  async tryToLock(): Promise<boolean> {
    const [row] = await this.rows(LOCK);
    return row?.locked === true;
  }

  async rows(text: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
    return (await this.client.query<Row>(text, [...values])).rows;
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
  // The statement under way rejects with what is wrong.
}
