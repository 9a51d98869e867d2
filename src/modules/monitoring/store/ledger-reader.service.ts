import { settingsOf, type LedgerAccess } from '../access/ledger-access.js';
import { LedgerUnavailableError } from '../errors/ledger-unavailable.error.js';
import { classifyLedgerError, sqlStateOf } from './sessions/classify-ledger-error.js';
import { READER } from './ledger-roles.js';
import type { LedgerResult } from './sessions/ledger-session.js';
import { LedgerSessions } from './sessions/ledger-sessions.js';
import { limitsWithin } from './sessions/session-limits.js';
import type { LedgerRow } from './ledger-row.js';
import type { StoreOptions } from './store-options.js';
import { QueryTooSlowError } from './sessions/query-too-slow.error.js';

/** Long enough for a filter without an index, and short enough not to hold a connection for a caller who left. */
const READ_TIMEOUT_MS = 20_000;

/** SQLSTATE of a statement that a replica ended, since it had to replay what the statement still read. */
const CONFLICT_WITH_RECOVERY = '40001';

/** SQLSTATE of a statement that the server ended at its time limit. */
const STATEMENT_ENDED = '57014';

/** The options that it reads. */
export type ReaderOptions = Pick<StoreOptions, 'connectionUrl' | 'maxReadConnections'> &
  Partial<Pick<StoreOptions, 'readUrl'>>;

/**
 * The connections that questions are answered by, on the replica where there is one: what they see may be older than what the primary has.
 * What decides something is read by {@link PrimaryReader}. The server refuses every change on them, and shows events by access alone.
 */
export class LedgerReader {
  private readonly sessions: LedgerSessions;
  private readonly isReplica: boolean;

  /** @param warn told when a connection breaks, of which another is made */
  constructor({ connectionUrl, readUrl, maxReadConnections }: ReaderOptions, warn?: (message: string) => void) {
    this.isReplica = readUrl !== undefined && readUrl !== connectionUrl;
    const limits = limitsWithin(READ_TIMEOUT_MS);
    this.sessions = new LedgerSessions(readUrl ?? connectionUrl, READER, limits, maxReadConnections, warn);
  }

  /**
   * The rows of one statement about the log, within 20 s. It sees no event.
   *
   * @param name keeps it prepared on each connection: for what is asked often, in always the same words
   * @throws LedgerUnavailableError (`AUDIT_LEDGER_UNAVAILABLE`) saying what to do
   */
  async rows(text: string, values: readonly unknown[], name?: string): Promise<readonly LedgerRow[]> {
    return this.read(() => this.sessions.query({ text, values: [...values], ...(name === undefined ? {} : { name }) }));
  }

  /**
   * The rows of one statement that sees the events which `access` is for, whatever its conditions, within 20 s.
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
    return this.read(() => this.sessions.queryWithin(all, { text, values: [...values] }));
  }

  /** As Nest calls it. */
  async onApplicationShutdown(): Promise<void> {
    await this.sessions.end();
  }

  /** Once more where a replica had to replay first: the next time, it has. */
  private async read(ask: () => Promise<LedgerResult>): Promise<readonly LedgerRow[]> {
    try {
      const answer = await ask().catch((error: unknown) => {
        if (sqlStateOf(error) === CONFLICT_WITH_RECOVERY) return ask();
        throw error;
      });
      return answer.rows;
    } catch (error) {
      if (sqlStateOf(error) === STATEMENT_ENDED) throw QueryTooSlowError.create();
      const failure = classifyLedgerError(error);
      if (failure.kind !== 'unavailable') throw error;
      const seen = this.isReplica ? `the replica of readUrl fails: ${failure.seen}` : failure.seen;
      throw LedgerUnavailableError.create(seen, failure.next);
    }
  }
}
