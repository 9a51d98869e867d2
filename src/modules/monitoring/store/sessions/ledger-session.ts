import { Socket } from 'node:net';
import pg from 'pg';
import { EXACT_JSON } from '../exact-json.js';
import { LedgerClient, PASSWORDS, type LedgerClientConfig } from './ledger-client.js';
import { explainUnlessOwn } from './classify-ledger-error.js';
import { addressWith } from './ledger-address.js';
import type { LedgerLock, LedgerRole } from '../ledger-roles.js';
import { PooledSessionError, UnreplicatedCommitError } from './session.error.js';
import { isCancelledWait } from './replication-wait.js';
import type { SessionLimits } from './session-limits.js';
import { BEGIN_SESSION, ENDINGS, FORMATS, TRANSACTIONS } from './session-settings.js';

/** The result of a statement. */
export type LedgerResult = pg.QueryResult<Record<string, unknown>>;

type Row = Readonly<Record<string, unknown>>;

/** Runs statements: a session, or a pool of them. */
export interface LedgerQueries {
  /** The rows of one statement. Rejects with the client's error. */
  rows(text: string, values?: readonly unknown[]): Promise<readonly Row[]>;
}

/** Runs statements, also several in one transaction. */
export type LedgerTransactions = Pick<LedgerSession, 'rows' | 'inTransaction'>;

const CONNECT_TIMEOUT_MS = 10_000;
const GOODBYE_MS = 1_000;

const ALL_AS_TEXT = {
  getTypeParser:
    () =>
    (value: string): string =>
      value,
};

const PREFER_CATALOG = `
  SELECT set_config('search_path', concat_ws(', ', 'pg_catalog', nullif(current_setting('search_path'), '')), true)`;

const LOCK = 'SELECT pg_try_advisory_lock($1, hashtext($2::regclass::oid::text)) AS locked';

const UNLOCK = 'SELECT pg_advisory_unlock($1, hashtext($2::regclass::oid::text))';

const APPLICATION = 'nestjs-audit-ledger';

/**
 * The server shows the address and the time of other sessions only to members of `pg_read_all_stats`. A prepared transaction has no
 * process. If the ledger's address names the application, each instance may have a name of its own.
 */
const HOLDER = `
  SELECT a.usename::text AS login, l.pid, a.application_name AS application, host(a.client_addr) AS address, a.backend_start AS "connectedAt",
         (a.usename = session_user AND (a.application_name = current_setting('application_name')
           OR current_setting('application_name') NOT LIKE '${APPLICATION}%')) IS TRUE AS "isOfSameRole"
    FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid
   WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2 AND l.classid = $1::int::oid AND l.objid = hashtext($2::regclass::oid::text)::oid
     AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
   ORDER BY 6 LIMIT 1`;

/** The session that holds a lock. */
export interface LockHolder {
  readonly login: string;
  /** `null` for a prepared transaction. */
  readonly pid: number | null;
  readonly application: string;
  /** `null` if the server does not show it, or for a socket of the machine. */
  readonly address: string | null;
  readonly connectedAt: Date | null;
  /** Whether it has the same login and a name for the same work, as far as names show. */
  readonly isOfSameRole: boolean;
}

/**
 * One connection to the ledger, in one role. All of the library's connections are sessions: no statement exceeds its time limits, a broken
 * connection fails its statement and never the process, JSON columns are read exactly, and no session works without its role. Its
 * statements run one after the other.
 */
export class LedgerSession implements LedgerQueries {
  private previous: Promise<unknown> = Promise.resolve();
  private lost = false;
  /** Whether the replication wait of the current statement was cancelled. */
  private isUnreplicated = false;

  /** @param hangUp ends the connection by force */
  private constructor(
    private readonly client: pg.ClientBase,
    private readonly role: LedgerRole,
    private readonly hangUp: () => void,
    private readonly sayGoodbye: () => Promise<void>,
  ) {}

  /**
   * Connects. Rejects with the client's error, which `explainLedgerError` explains.
   *
   * @param role as whom
   * @param limits how long the server gets
   */
  static async open(connectionUrl: string, role: LedgerRole, limits: SessionLimits = {}): Promise<LedgerSession> {
    const { signal } = limits;
    signal?.throwIfAborted();
    const socket = new Socket();
    const drop = (): void => void socket.destroy();
    signal?.addEventListener('abort', drop);
    const client = new LedgerClient({
      ...clientConfig(connectionUrl, role, limits),
      types: role.types ?? EXACT_JSON,
      stream: () => socket,
    });
    const session = new LedgerSession(client, role, drop, async () => {
      await client.end().finally(() => signal?.removeEventListener('abort', drop));
    });
    session.watch();
    try {
      await client.connect();
      await session.begin();
      return session;
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  /**
   * Opens a session, does `work` with it, and closes it. Errors of the client are explained; every other error stays as it is.
   *
   * @throws LedgerUnavailableError (`AUDIT_LEDGER_UNAVAILABLE`)
   */
  static async use<Result>(
    connectionUrl: string,
    role: LedgerRole,
    limits: SessionLimits,
    work: (session: LedgerSession) => Promise<Result>,
  ): Promise<Result> {
    try {
      const session = await LedgerSession.open(connectionUrl, role, limits);
      return await work(session).finally(() => session.close());
    } catch (error) {
      throw explainUnlessOwn(error);
    }
  }

  /** Makes a session on a connection of a pool, which also ends it. Call {@link begin} before using it. */
  static pooled(client: pg.PoolClient, role: LedgerRole): LedgerSession {
    const session = new LedgerSession(client, role, ignore, () => Promise.resolve());
    session.watch();
    return session;
  }

  /** Makes a session on a connection within its own transaction. Its settings change until the transaction ends; the caller ends both. */
  static async within(client: pg.ClientBase, role: LedgerRole): Promise<LedgerSession> {
    const session = new LedgerSession(client, role, ignore, () => Promise.resolve());
    await session.setLocally(FORMATS);
    await session.setSnapshot();
    return session;
  }

  /** Whether the connection, with its locks, is gone. */
  get isLost(): boolean {
    return this.lost;
  }

  /** Gives the session its role and settings. Rejects with the client's error. */
  async begin(): Promise<void> {
    const { snapshot, settings } = this.role;
    // Behind a pooler, another session than the one that connected may answer, without its settings.
    const [row] = await this.rows(BEGIN_SESSION);
    if (settings.role !== undefined && row?.role !== settings.role) throw new PooledSessionError();
    if (snapshot) {
      await this.rows('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
      if (snapshot.id !== undefined) await this.rows(`SET TRANSACTION SNAPSHOT ${this.literal(snapshot.id)}`);
      await this.setSnapshot();
    }
  }

  /** Takes a lock, that of the role by default, if it is free. The session keeps it until it ends: do not take it again. */
  async tryToLock(lock = this.role.lock): Promise<boolean> {
    if (!lock) throw new TypeError('Cannot lock: the role has no lock.');
    const [row] = await this.rows(LOCK, [lock.class, lock.table]);
    return row?.locked === true;
  }

  /** Releases a lock that is not the role's. */
  async unlock(lock: LedgerLock): Promise<void> {
    await this.rows(UNLOCK, [lock.class, lock.table]);
  }

  /** The session that holds a lock (by default, that of the role); `undefined` if none does. Rejects with the client's error. */
  async lockHolder(lock = this.role.lock): Promise<LockHolder | undefined> {
    const [row] = lock ? await this.rows(HOLDER, [lock.class, lock.table]) : [];
    return row as unknown as LockHolder | undefined; // as the statement names its columns
  }

  /**
   * Runs one statement after the earlier ones. Columns are parsed by the role's types, unless the statement has its own. Rejects with the
   * client's error.
   */
  async query(statement: pg.QueryConfig): Promise<LedgerResult> {
    return this.inTurn(() =>
      this.client.query<Record<string, unknown>>({ types: this.role.types ?? EXACT_JSON, ...statement }),
    );
  }

  /** @param name keeps it prepared: for frequent statements whose text never changes */
  async rows(text: string, values: readonly unknown[] = [], name?: string): Promise<readonly Row[]> {
    return (await this.query({ text, values: [...values], ...(name !== undefined && { name }) })).rows;
  }

  /**
   * Runs one statement like {@link rows}, but passes on each row as it arrives, so that none is kept: a list of the columns' texts, with
   * bytes in hexadecimal behind `\x`.
   *
   * @param onRow does not throw
   */
  async eachText(
    text: string,
    values: readonly unknown[],
    name: string,
    onRow: (row: readonly (string | null)[]) => void,
  ): Promise<void> {
    const statement: pg.QueryArrayConfig = { text, values: [...values], types: ALL_AS_TEXT, name, rowMode: 'array' };
    const query = new pg.Query<(string | null)[]>(statement).on('row', onRow);
    await this.inTurn(async () => {
      const ended = new Promise<void>((resolve, reject) => {
        query.on('end', () => resolve()).on('error', reject);
        // With a time-out, the client gives the query a callback, and then emits no error.
        const failing = query as unknown as FailingQuery;
        const handleError = failing.handleError.bind(query);
        failing.handleError = (error, connection) => {
          handleError(error, connection);
          reject(error);
        };
      });
      this.client.query(query);
      await ended;
    });
  }

  /** Quotes a text for SQL, for statements that take no parameters. */
  literal(text: string): string {
    return this.client.escapeLiteral(text);
  }

  /** The id of a session's snapshot, for `verifierAt`, while this one is open. */
  async snapshotId(): Promise<string> {
    const [row] = await this.rows('SELECT pg_export_snapshot() AS id');
    return String(row?.id);
  }

  /** Runs `work` in a transaction, which is rolled back if it rejects. */
  async inTransaction<Result>(work: () => Promise<Result>, begin = 'BEGIN'): Promise<Result> {
    await this.rows(begin);
    try {
      const result = await work();
      await this.rows('COMMIT');
      return result;
    } catch (error) {
      if (!this.lost) await this.rows('ROLLBACK').catch(this.hangUp);
      throw error;
    }
  }

  /** Runs `work` within the current transaction; if it rejects, its changes are undone, and the transaction continues. */
  async inSavepoint(work: () => Promise<void>): Promise<void> {
    await this.rows('SAVEPOINT part');
    try {
      await work();
    } catch (error) {
      if (!this.lost) await this.rows('ROLLBACK TO SAVEPOINT part; RELEASE SAVEPOINT part');
      throw error;
    }
    await this.rows('RELEASE SAVEPOINT part');
  }

  /** Ends the connection; by force if its server does not answer. Never rejects. */
  async close(): Promise<void> {
    const timer = setTimeout(this.hangUp, GOODBYE_MS);
    await this.sayGoodbye().catch(ignore);
    clearTimeout(timer);
    this.hangUp();
  }

  /** Ends the connection at once, even during a statement. */
  drop(): void {
    this.hangUp();
  }

  /** Listens for the connection's whole life, not only during a statement: an error without a listener would end the process. */
  private watch(): void {
    this.client.on('error', () => (this.lost = true)); // the current statement rejects with it
    this.client.on('end', () => (this.lost = true));
    this.client.on('notice', (notice) => (this.isUnreplicated ||= isCancelledWait(notice)));
  }

  private async setSnapshot(): Promise<void> {
    const { settings = {}, prefersCatalog = false } = this.role.snapshot ?? {};
    await this.setLocally(settings);
    if (prefersCatalog) await this.rows(PREFER_CATALOG);
  }

  private async setLocally(settings: Readonly<Record<string, string>>): Promise<void> {
    const set = Object.entries(settings).map(([name, value]) => `SET LOCAL ${name} = ${this.literal(value)}`);
    if (set.length > 0) await this.rows(set.join('; '));
  }

  /** Runs one query at a time, as the client does; its later versions refuse further ones meanwhile. */
  private async inTurn<Result>(query: () => Promise<Result>): Promise<Result> {
    const result = this.previous.then(query).then((answer) => this.refuseUnreplicated(answer));
    this.previous = result.catch(ignore);
    return result;
  }

  /** Refuses a commit without replication: the server answers as if all were well, and only sends a warning. */
  private refuseUnreplicated<Result>(answer: Result): Result {
    if (!this.isUnreplicated) return answer;
    this.isUnreplicated = false;
    throw new UnreplicatedCommitError();
  }
}

/** A method that the client calls, but its types lack. */
interface FailingQuery {
  handleError: (error: Error, connection: unknown) => void;
}

/** The configuration by which the library connects to the ledger, alone or in a pool. */
export function clientConfig(connectionUrl: string, role: LedgerRole, limits: SessionLimits): LedgerClientConfig {
  const { lockTimeoutMs, statementTimeoutMs, answerTimeoutMs, connectTimeoutMs, keepAliveAfterMs } = limits;
  return {
    connectionString: addressWith(
      connectionUrl,
      {
        ...FORMATS,
        ...ENDINGS,
        ...role.settings,
        ...(statementTimeoutMs !== undefined && { statement_timeout: String(statementTimeoutMs) }),
        ...(lockTimeoutMs !== undefined && { lock_timeout: String(lockTimeoutMs) }),
      },
      TRANSACTIONS,
    ),
    askPassword: PASSWORDS.get(connectionUrl),
    application_name: [APPLICATION, role.name ?? []].flat().join(' '),
    connectionTimeoutMillis: connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
    ...(answerTimeoutMs !== undefined && { query_timeout: answerTimeoutMs }),
    keepAlive: true,
    ...(keepAliveAfterMs !== undefined && { keepAliveInitialDelayMillis: keepAliveAfterMs }),
  };
}

function ignore(): void {
  // The current statement rejects with it. Transactions and locks end with the connection.
}
