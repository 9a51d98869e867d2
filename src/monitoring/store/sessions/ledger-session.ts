import { clearTimeout, setTimeout } from '../../../base/timers.js';
import pg from 'pg';
import { EXACT_JSON, LedgerClient, WRITERS, type LedgerClientConfig, openSocket } from './ledger-client.js';
import { resetSearchPath, BEGIN_SESSION, ENDINGS, FORMATS, TRANSACTIONS } from './session-settings.js';
import { withConnectionSettings, PASSWORDS } from './ledger-address.js';
import type { InboxKeys } from '../inbox-keys.js';
import type { LedgerRole } from '../ledger-roles.js';
import type { LedgerLock } from '../locks.js';
import {
  MissingLedgerError,
  PooledSessionError,
  UnreplicatedCommitError,
  UntriggeredSessionError,
} from './session.error.js';
import { isCancelledWait } from './replication-wait.js';
import type { SessionLimits } from './session-limits.js';

export type LedgerResult = pg.QueryResult<Record<string, unknown>>;

type Row = Readonly<Record<string, unknown>>;

/** Something that runs statements: a session, or a pool of sessions. */
export interface LedgerQueries {
  /** The keys for rows of the inbox; absent if this process does not record. */
  readonly writer?: InboxKeys | undefined;
  /** Returns the rows of one statement. Rejects with the error of the PostgreSQL client. */
  rows(text: string, values?: readonly unknown[], name?: string): Promise<readonly Row[]>;
}

/** Something that runs statements, alone or several in one transaction. */
export type LedgerTransactions = Pick<LedgerSession, 'rows' | 'inTransaction'>;

const CONNECT_TIMEOUT_MS = 10_000;
const CLOSE_TIMEOUT_MS = 1_000;

const ALL_AS_TEXT = {
  getTypeParser:
    () =>
    (value: string): string =>
      value,
};

const LOCK = 'SELECT pg_try_advisory_lock($1, hashtext($2::regclass::oid::text || $3::text)) AS locked';

const UNLOCK = 'SELECT pg_advisory_unlock($1, hashtext($2::regclass::oid::text || $3::text))';

const APPLICATION = 'nestjs-audit-ledger';

/**
 * Only members of `pg_read_all_stats` see the address and the start time of other logins' sessions. A prepared transaction has no process.
 * If the ledger's address sets the application name, instances may have different names.
 */
const HOLDER = `
  SELECT a.usename::text AS login, l.pid, a.application_name AS application, host(a.client_addr) AS address, a.backend_start AS "connectedAt",
         (a.usename = session_user AND (a.application_name = current_setting('application_name')
           OR current_setting('application_name') NOT LIKE '${APPLICATION}%')) IS TRUE AS "isOfSameRole"
    FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid
   WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2 AND l.classid = $1::int::oid AND l.objid = hashtext($2::regclass::oid::text || $3::text)::oid
     AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
   ORDER BY 6 LIMIT 1`;

export interface LockHolder {
  readonly login: string;
  /** `null` for a prepared transaction. */
  readonly pid: number | null;
  readonly application: string;
  /** `null` if the server hides the address, or the connection uses a local socket. */
  readonly address: string | null;
  readonly connectedAt: Date | null;
  /** Whether the holder has this session's login and application name, and so is probably another instance. */
  readonly isOfSameRole: boolean;
}

/**
 * One connection to the ledger, in one role. No statement exceeds the session's time limits. If the connection breaks, the current
 * statement fails, but the process continues. By default, numbers in JSON columns are parsed without loss. `begin` rejects if the server
 * session does not have the role. Statements run one after the other.
 */
export class LedgerSession implements LedgerQueries {
  private previous: Promise<unknown> = Promise.resolve();
  private lost = false;
  private isUnreplicated = false;

  private constructor(
    private readonly client: pg.ClientBase,
    private readonly role: LedgerRole,
    private readonly hangUp: () => void,
    private readonly endClient: () => Promise<void>,
    readonly writer?: InboxKeys,
  ) {}

  /**
   * Connects. Rejects with the error of the PostgreSQL client. Callers translate it with `explainLedgerError`.
   *
   * @param role the role of the session
   * @param limits the time limits of the session
   */
  static async open(connectionUrl: string, role: LedgerRole, limits: SessionLimits = {}): Promise<LedgerSession> {
    const { signal } = limits;
    signal?.throwIfAborted();
    const socket = openSocket(connectionUrl);
    const drop = (): void => void socket.destroy();
    signal?.addEventListener('abort', drop);
    const client = new LedgerClient({
      ...buildClientConfig(connectionUrl, role, limits),
      types: role.types ?? EXACT_JSON,
      stream: () => socket,
    });
    const endClient = (): Promise<void> => client.end().finally(() => signal?.removeEventListener('abort', drop));
    const session = new LedgerSession(client, role, drop, endClient, WRITERS.get(connectionUrl));
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

  /** Makes a session from a connection of a pool. The pool closes the connection. Call {@link begin} before the first statement. */
  static pooled(client: pg.PoolClient, role: LedgerRole, connectionUrl: string): LedgerSession {
    const session = new LedgerSession(client, role, noop, () => Promise.resolve(), WRITERS.get(connectionUrl));
    session.watch();
    return session;
  }

  /** Makes a session within a connection's open transaction. The caller ends the transaction, and with it the session's settings. */
  static async within(client: pg.ClientBase, role: LedgerRole): Promise<LedgerSession> {
    const session = new LedgerSession(client, role, noop, () => Promise.resolve());
    await session.setLocally(FORMATS);
    await session.setSnapshot();
    return session;
  }

  /** Whether the connection is lost. Its locks are lost with it. */
  get isLost(): boolean {
    return this.lost;
  }

  /** Sets the role and the settings of the session. Rejects with the error of the PostgreSQL client. */
  async begin(): Promise<void> {
    const { snapshot, settings } = this.role;
    // A connection pooler may use a server session without these settings.
    const [row] = await this.rows(BEGIN_SESSION);
    const { 'audit.role': role } = settings;
    if (role !== undefined && row?.role !== role) throw new PooledSessionError();
    if (role !== undefined && row?.taken === null) throw new MissingLedgerError();
    const { default_transaction_read_only: onlyReads } = settings;
    if (onlyReads === undefined && row?.triggers === 'replica') throw new UntriggeredSessionError();
    if (snapshot) {
      await this.rows('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
      if (snapshot.id !== undefined) await this.rows(`SET TRANSACTION SNAPSHOT ${this.literal(snapshot.id)}`);
      await this.setSnapshot();
    }
  }

  /** Takes a lock if it is free: by default, the role's lock. Do not take the same lock twice: PostgreSQL counts each call. */
  async tryToLock(lock = this.role.lock): Promise<boolean> {
    if (!lock) throw new TypeError('Cannot lock: the role has no lock.');
    const [row] = await this.rows(LOCK, [lock.class, lock.table, lock.of ?? '']);
    return row?.locked === true;
  }

  /** Releases a lock other than the role's. */
  async unlock(lock: LedgerLock): Promise<void> {
    await this.rows(UNLOCK, [lock.class, lock.table, lock.of ?? '']);
  }

  /**
   * Returns the holder of a lock, by default the role's lock; `undefined` if the lock is free. Rejects with the error of the database
   * client.
   */
  async lockHolder(lock = this.role.lock): Promise<LockHolder | undefined> {
    const [row] = lock ? await this.rows(HOLDER, [lock.class, lock.table, lock.of ?? '']) : [];
    return row as unknown as LockHolder | undefined; // the query names its columns like the fields of this type
  }

  /**
   * Runs a statement after the previous ones. `statement.types` replaces the default parsers. Rejects with the error of the database
   * client.
   */
  async query(statement: pg.QueryConfig): Promise<LedgerResult> {
    return this.inTurn(() =>
      this.client.query<Record<string, unknown>>({ types: this.role.types ?? EXACT_JSON, ...statement }),
    );
  }

  /** @param name the name under which to prepare the statement; for frequent statements with a constant text */
  async rows(text: string, values: readonly unknown[] = [], name?: string): Promise<readonly Row[]> {
    return (await this.query({ text, values: [...values], ...(name !== undefined && { name }) })).rows;
  }

  /**
   * Runs one statement. Passes each row of the result to `onRow`, without keeping the rows in memory. A row is a list of the columns'
   * texts; bytes are hexadecimal after `\x`.
   *
   * @param onRow must not throw
   */
  async eachText(
    text: string,
    values: readonly unknown[],
    name: string,
    onRow: (row: readonly (string | null)[]) => void,
  ): Promise<void> {
    await this.inTurn(
      () =>
        new Promise<void>((resolve, reject) => {
          // In a session with a time-out, pg before 8.20 ends the process after a query without a callback.
          const callback = (error?: Error | null): void => (error ? reject(error) : resolve());
          const statement = {
            text,
            values: [...values],
            types: ALL_AS_TEXT,
            name,
            rowMode: 'array' as const,
            callback,
          };
          const query = new pg.Query<(string | null)[]>(statement);
          query.on('row', (row, result) => {
            if (result) result.rows.length = 0; // pg keeps the rows of a query with a callback
            onRow(row);
          });
          this.client.query(query);
        }),
    );
  }

  /** Quotes a text for SQL, for statements that accept no parameters. */
  literal(text: string): string {
    return this.client.escapeLiteral(text);
  }

  /** Returns the id of this session's snapshot, for `createVerifierRole`. The id is valid while the snapshot's transaction is open. */
  async snapshotId(): Promise<string> {
    const [row] = await this.rows('SELECT pg_export_snapshot() AS id');
    return String(row?.id);
  }

  /** Runs `work` in a transaction. If `work` rejects, the transaction is rolled back. */
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

  /** Runs `work` within the current transaction. If `work` rejects, only the changes of `work` are rolled back. */
  async inSavepoint<Result>(work: () => Promise<Result>): Promise<Result> {
    await this.rows('SAVEPOINT part');
    try {
      const result = await work();
      await this.rows('RELEASE SAVEPOINT part');
      return result;
    } catch (error) {
      if (!this.lost) await this.rows('ROLLBACK TO SAVEPOINT part; RELEASE SAVEPOINT part');
      throw error;
    }
  }

  /**
   * Calls `listener` with each later notification on the channel, and the process id of the sending session. Rejects with the error of the
   * PostgreSQL client.
   */
  async listen(channel: string, listener: (payload: string | undefined, pid: number) => void): Promise<void> {
    this.client.on('notification', ({ payload, processId }) => listener(payload, processId));
    await this.rows(`LISTEN ${channel}`);
  }

  /** Ends the connection; by force if the server does not respond. Never rejects. */
  async close(): Promise<void> {
    const timer = setTimeout(this.hangUp, CLOSE_TIMEOUT_MS);
    await this.endClient().catch(noop);
    clearTimeout(timer);
    this.hangUp();
  }

  /** Ends the connection at once, even during a statement. */
  drop(): void {
    this.hangUp();
  }

  /** Listens for errors during the connection's whole life, because an error without a listener would end the process. */
  private watch(): void {
    this.client.on('error', () => (this.lost = true)); // the current statement rejects with this error
    this.client.on('end', () => (this.lost = true));
    this.client.on('notice', (notice) => (this.isUnreplicated ||= isCancelledWait(notice)));
  }

  private async setSnapshot(): Promise<void> {
    const { settings = {}, prefersCatalog = false } = this.role.snapshot ?? {};
    await this.setLocally(settings);
    if (!prefersCatalog) return;
    const path = await resetSearchPath((text, values) => this.rows(text, values));
    await this.rows(`SELECT set_config('search_path', $1, true)`, [path === '' ? 'pg_catalog' : `pg_catalog, ${path}`]);
  }

  private async setLocally(settings: Readonly<Record<string, string>>): Promise<void> {
    const set = Object.entries(settings).map(([name, value]) => `SET LOCAL ${name} = ${this.literal(value)}`);
    if (set.length > 0) await this.rows(set.join('; '));
  }

  /** Runs queries one after the other, because future versions of pg reject concurrent queries on one connection. */
  private async inTurn<Result>(query: () => Promise<Result>): Promise<Result> {
    const result = this.previous.then(query).then((queried) => this.refuseUnreplicated(queried));
    this.previous = result.catch(noop);
    return result;
  }

  /** Throws after a commit without replication, for which the server reports success and only sends a warning. */
  private refuseUnreplicated<Result>(queried: Result): Result {
    if (!this.isUnreplicated) return queried;
    this.isUnreplicated = false;
    throw new UnreplicatedCommitError();
  }
}

export function buildClientConfig(connectionUrl: string, role: LedgerRole, limits: SessionLimits): LedgerClientConfig {
  const { lockTimeoutMs, statementTimeoutMs, queryTimeoutMs, connectTimeoutMs, keepAliveAfterMs } = limits;
  return {
    connectionString: withConnectionSettings(
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
    ...(queryTimeoutMs !== undefined && { query_timeout: queryTimeoutMs }),
    keepAlive: true,
    ...(keepAliveAfterMs !== undefined && { keepAliveInitialDelayMillis: keepAliveAfterMs }),
  };
}

function noop(): void {
  // The current statement already rejects with this error.
}
