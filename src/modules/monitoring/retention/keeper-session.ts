import pg from 'pg';
import { addressWith, AS_KEEPER } from '../ledger/ledger-address.js';

type Row = Readonly<Record<string, unknown>>;

/** The first half of the lock's key; the second is the table, so that each ledger of a database has one of its own. */
const LOCK_CLASS = 7_361_996;

const CONNECT_TIMEOUT_MS = 10_000;

const LOCK = `SELECT pg_try_advisory_lock(${LOCK_CLASS}, hashtext('audit_retirement'::regclass::oid::text)) AS locked`;

/** One connection with the rights of `audit_keeper`, for as long as a run takes. */
export class KeeperSession {
  private constructor(private readonly client: pg.Client) {
    client.on('error', ignore); // the statement under way rejects with it
  }

  /** Connects. Rejects with the client's error. */
  static async open(connectionUrl: string): Promise<KeeperSession> {
    const client = new pg.Client({
      connectionString: addressWith(connectionUrl, { ...AS_KEEPER, statement_timeout: '0' }),
      application_name: 'nestjs-audit-ledger retention',
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      keepAlive: true,
    });
    const session = new KeeperSession(client);
    try {
      await client.connect();
      return session;
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  /** Takes the lock of those who retire events, if it is free, until the session ends. */
  async tryToLock(): Promise<boolean> {
    const [row] = await this.rows(LOCK);
    return row?.locked === true;
  }

  /** The rows of one statement. Rejects with the client's error. */
  async rows(text: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
    return (await this.client.query<Row>(text, [...values])).rows;
  }

  /** Does `work` while nobody else writes or erases archives. */
  async whileLocked<Result>(lock: string, work: () => Promise<Result>): Promise<Result> {
    await this.rows('SELECT pg_advisory_lock(hashtext($1))', [lock]);
    try {
      return await work();
    } finally {
      await this.rows('SELECT pg_advisory_unlock(hashtext($1))', [lock]).catch(ignore);
    }
  }

  /** Never rejects. */
  async close(): Promise<void> {
    await this.client.end().catch(ignore);
  }
}

function ignore(): void {
  // With the connection, its locks are gone as well.
}
