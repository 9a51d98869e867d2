import { settingsOf, type LedgerAccess } from '../access/ledger-access.js';
import { LedgerUnavailableError } from '../errors/ledger-unavailable.error.js';
import { classifyLedgerError, sqlStateOf } from './sessions/classify-ledger-error.js';
import { READER } from './ledger-roles.js';
import { LedgerSessions } from './sessions/ledger-sessions.js';
import { limitsWithin } from './sessions/session-limits.js';
import type { LedgerRow } from './ledger-row.js';
import type { StoreOptions } from './store-options.js';
import { QueryTooSlowError } from './sessions/session.error.js';

/** The time limit of a read: long enough for a filter without an index, and short enough to free the connection if the caller left. */
const READ_TIMEOUT_MS = 20_000;

/** The SQLSTATE of a statement that a replica canceled, because the replica had to replay a change to the same rows. */
const CONFLICT_WITH_RECOVERY = '40001';

/** The SQLSTATE of a statement that the server canceled at its time limit. */
const STATEMENT_ENDED = '57014';

/** The options of a {@link LedgerReader}. */
export type ReaderOptions = Pick<StoreOptions, 'connectionUrl' | 'maxReadConnections'> &
  Partial<Pick<StoreOptions, 'readUrl'>>;

/**
 * The connections for queries: to the replica if `readUrl` is set. A replica's data may be older than the primary's, so use {@link
 * PrimaryReader} for decisions. The server refuses every change on these connections, and shows only events within the access.
 */
export class LedgerReader {
  private readonly sessions: LedgerSessions;
  private readonly isReplica: boolean;

  /** @param warn called when a connection breaks; the pool replaces the connection */
  constructor({ connectionUrl, readUrl, maxReadConnections }: ReaderOptions, warn?: (message: string) => void) {
    this.isReplica = readUrl !== undefined && readUrl !== connectionUrl;
    const limits = limitsWithin(READ_TIMEOUT_MS);
    this.sessions = new LedgerSessions(readUrl ?? connectionUrl, READER, limits, maxReadConnections, warn);
  }

  /**
   * Returns the rows of one statement about the log, within 20 s. The statement sees no event.
   *
   * @param name the name under which each connection prepares the statement; for frequent statements with a constant text
   * @throws LedgerUnavailableError (`AUDIT_LEDGER_UNAVAILABLE`) with what to do
   */
  async rows(text: string, values: readonly unknown[], name?: string): Promise<readonly LedgerRow[]> {
    return this.read(() => this.sessions.rows(text, values, name));
  }

  /**
   * Returns the rows of one statement within 20 s. Whatever its conditions, the statement sees only the events within `access`.
   *
   * @param settings settings of PostgreSQL's planner for this statement
   * @throws QueryTooSlowError (`AUDIT_QUERY_TOO_SLOW`) when the statement takes longer
   * @throws LedgerUnavailableError (`AUDIT_LEDGER_UNAVAILABLE`) with what to do
   */
  async eventRows(
    access: LedgerAccess,
    text: string,
    values: readonly unknown[],
    settings: Readonly<Record<string, string>> = {},
  ): Promise<readonly LedgerRow[]> {
    const all = { ...settings, ...settingsOf(access) };
    return this.read(() => this.sessions.rowsWithin(all, text, values));
  }

  /** Called by Nest. */
  async onApplicationShutdown(): Promise<void> {
    await this.sessions.end();
  }

  /** Runs a query, and retries it once if a replica canceled it. */
  private async read(query: () => Promise<readonly LedgerRow[]>): Promise<readonly LedgerRow[]> {
    try {
      return await query().catch((error: unknown) => {
        if (sqlStateOf(error) === CONFLICT_WITH_RECOVERY) return query();
        throw error;
      });
    } catch (error) {
      if (sqlStateOf(error) === STATEMENT_ENDED) throw QueryTooSlowError.create();
      const failure = classifyLedgerError(error);
      if (failure.kind !== 'unavailable') throw error;
      const seen = this.isReplica ? `the replica of readUrl fails: ${failure.seen}` : failure.seen;
      throw LedgerUnavailableError.create(seen, failure.next);
    }
  }
}

/** The connections to the primary, for reads that decide something or need the newest writes, such as erasures and streams. */
export class PrimaryReader extends LedgerReader {
  constructor(
    { connectionUrl, maxReadConnections }: Pick<StoreOptions, 'connectionUrl' | 'maxReadConnections'>,
    warn?: (message: string) => void,
  ) {
    super({ connectionUrl, maxReadConnections }, warn);
  }
}
