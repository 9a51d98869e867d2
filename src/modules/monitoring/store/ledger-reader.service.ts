import { settingsOf, type LedgerAccess } from '../access/ledger-access.js';
import { LedgerUnavailableError } from '../errors/ledger-unavailable.error.js';
import { classifyLedgerError, sqlStateOf } from './sessions/classify-ledger-error.js';
import { READER } from './ledger-roles.js';
import { LedgerSessions } from './sessions/ledger-sessions.js';
import { limitsWithin } from './sessions/session-limits.js';
import type { LedgerRow } from './ledger-row.js';
import type { StoreOptions } from './store-options.js';
import { QueryTooSlowError } from './sessions/session.error.js';

/** The time limit of a read: enough for a filter without an index, and short enough to free the connection of a caller who left. */
const READ_TIMEOUT_MS = 20_000;

/** The SQLSTATE of a statement that a replica ended, because it had to replay a change to rows that the statement read. */
const CONFLICT_WITH_RECOVERY = '40001';

/** The SQLSTATE of a statement that the server ended at its time limit. */
const STATEMENT_ENDED = '57014';

/** The options of a {@link LedgerReader}. */
export type ReaderOptions = Pick<StoreOptions, 'connectionUrl' | 'maxReadConnections'> &
  Partial<Pick<StoreOptions, 'readUrl'>>;

/**
 * The connections for queries, on the replica if there is one, whose data may be older than the primary's. Use {@link PrimaryReader} for
 * decisions. The server refuses every change on these connections, and shows only events within the access.
 */
export class LedgerReader {
  private readonly sessions: LedgerSessions;
  private readonly isReplica: boolean;

  /** @param warn called when a connection breaks; it is replaced */
  constructor({ connectionUrl, readUrl, maxReadConnections }: ReaderOptions, warn?: (message: string) => void) {
    this.isReplica = readUrl !== undefined && readUrl !== connectionUrl;
    const limits = limitsWithin(READ_TIMEOUT_MS);
    this.sessions = new LedgerSessions(readUrl ?? connectionUrl, READER, limits, maxReadConnections, warn);
  }

  /**
   * The rows of one statement about the log, within 20 s. It sees no event.
   *
   * @param name keeps it prepared on each connection: for frequent statements whose text never changes
   * @throws LedgerUnavailableError (`AUDIT_LEDGER_UNAVAILABLE`) saying what to do
   */
  async rows(text: string, values: readonly unknown[], name?: string): Promise<readonly LedgerRow[]> {
    return this.read(() => this.sessions.rows(text, values, name));
  }

  /**
   * The rows of one statement that sees only the events within `access`, whatever its conditions, within 20 s.
   *
   * @param settings of PostgreSQL's planner, for this statement alone
   * @throws QueryTooSlowError (`AUDIT_QUERY_TOO_SLOW`) when it would take longer
   * @throws LedgerUnavailableError (`AUDIT_LEDGER_UNAVAILABLE`) saying what to do
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

  /** Reads, and tries once more if a replica had to replay first. */
  private async read(ask: () => Promise<readonly LedgerRow[]>): Promise<readonly LedgerRow[]> {
    try {
      return await ask().catch((error: unknown) => {
        if (sqlStateOf(error) === CONFLICT_WITH_RECOVERY) return ask();
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

/**
 * The connections to the primary for reads that decide something, or that must see the newest writes: erasures, sign-offs, alerts, streams,
 * and the log itself.
 */
export class PrimaryReader extends LedgerReader {
  /** @param warn called when a connection breaks; it is replaced */
  constructor(
    { connectionUrl, maxReadConnections }: Pick<StoreOptions, 'connectionUrl' | 'maxReadConnections'>,
    warn?: (message: string) => void,
  ) {
    super({ connectionUrl, maxReadConnections }, warn);
  }
}
