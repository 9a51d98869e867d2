import { Socket } from 'node:net';
import pg from 'pg';
import { addressWith, AS_SEQUENCER } from '../store/ledger-address.js';
import { EXACT_JSON } from '../store/exact-json.js';
import { requireRole } from '../store/own-session.js';

/** The first half of the lock's key; the second is the table, so that each ledger of a database has a leader of its own. */
const LOCK_CLASS = 7_361_994;

const CONNECT_TIMEOUT_MS = 5_000;
const STATEMENT_TIMEOUT_MS = 30_000;
/** Longer than the server's, which says why. */
const ANSWER_TIMEOUT_MS = 32_000;
const KEEP_ALIVE_AFTER_MS = 2_000;
const GOODBYE_MS = 1_000;

/** So that the server lets go of the lock of a leader that is frozen, or whose machine is gone. */
const SETTINGS: Readonly<Record<string, string>> = {
  idle_session_timeout: '10s', // PostgreSQL 14 and later
  idle_in_transaction_session_timeout: '10s',
  tcp_keepalives_idle: '2',
  tcp_keepalives_interval: '1',
  tcp_keepalives_count: '3',
};

const LEAD = `SELECT pg_try_advisory_lock(${LOCK_CLASS}, hashtext('audit_leaf'::regclass::oid::text)) AS leads`;

type Row = Readonly<Record<string, unknown>>;

/** One connection, which holds the lock of the leader or tries to: whatever it does as the leader ends with the lock. */
export class LeaderSession {
  private lost = false;
  private previous: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly client: pg.Client,
    private readonly socket: Socket,
  ) {
    client.on('error', () => (this.lost = true)); // whoever waits for an answer is told
    client.on('end', () => (this.lost = true));
  }

  /** Connects. Rejects with the client's error. */
  static async open(connectionUrl: string): Promise<LeaderSession> {
    const socket = new Socket();
    const client = new pg.Client({
      types: EXACT_JSON,
      connectionString: addressWith(connectionUrl, AS_SEQUENCER),
      application_name: 'nestjs-audit-ledger sequencer',
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      statement_timeout: STATEMENT_TIMEOUT_MS,
      query_timeout: ANSWER_TIMEOUT_MS,
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_AFTER_MS,
      stream: () => socket,
    });
    const session = new LeaderSession(client, socket);
    try {
      await client.connect();
      await requireRole(client, AS_SEQUENCER.role);
      await session.set(SETTINGS);
      return session;
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  /** Whether the connection, and the lock with it, is gone. */
  get isLost(): boolean {
    return this.lost;
  }

  /** Takes the lock if it is free. Once it has it, the session keeps it until it ends: do not ask again. */
  async tryToLead(): Promise<boolean> {
    const [row] = await this.rows(LEAD);
    return row?.leads === true;
  }

  /** The rows of one statement, after those asked for before. Rejects with the client's error. */
  async rows(text: string, values: readonly unknown[] = [], name?: string): Promise<readonly Row[]> {
    const statement = { text, values: [...values], ...(name === undefined ? {} : { name }) };
    const answer = this.previous.then(() => this.client.query<Row>(statement));
    this.previous = answer.catch(() => undefined);
    return (await answer).rows;
  }

  /** Does `work` in a transaction, which is rolled back when it rejects. */
  async inTransaction<Result>(work: () => Promise<Result>, begin = 'BEGIN'): Promise<Result> {
    await this.rows(begin);
    try {
      const result = await work();
      await this.rows('COMMIT');
      return result;
    } catch (error) {
      if (!this.lost) await this.rows('ROLLBACK').catch(() => this.socket.destroy());
      throw error;
    }
  }

  /** Ends the connection; by force when its server does not answer. Never rejects. */
  async close(): Promise<void> {
    const timer = setTimeout(() => this.socket.destroy(), GOODBYE_MS);
    await this.client.end().catch(() => undefined);
    clearTimeout(timer);
    this.socket.destroy();
  }

  /** Those that the server knows: not every version has all. */
  private async set(settings: Readonly<Record<string, string>>): Promise<void> {
    await this.rows(
      `SELECT set_config(name, value, false) FROM unnest($1::text[], $2::text[]) AS wanted (name, value)
       WHERE EXISTS (SELECT FROM pg_settings known WHERE known.name = wanted.name)`,
      [Object.keys(settings), Object.values(settings)],
    );
  }
}
