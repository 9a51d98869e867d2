import { AsyncLocalStorage } from 'node:async_hooks';
import { toSessionSettings, type LedgerAccess } from '../read/access/ledger-access.js';
import { classifyLedgerError, getSqlState } from './sessions/classify-ledger-error.js';
import { awaitProcessed, awaitSealed, INBOX, OUTBOX, type WaitingEvents, type WaitingTable } from './await-sealed.js';
import { FairQueue } from './sessions/fair-queue.js';
import { hasExtension } from './sessions/has-extension.js';
import { READER } from './ledger-roles.js';
import { TIMING } from './timing.js';
import { LedgerSessions } from './sessions/ledger-sessions.js';
import { createPoolLimits } from './sessions/session-limits.js';
import type { LedgerRow } from './ledger-row.js';
import type { StoreOptions } from './store-options.js';
import { ledgerErrors } from '../errors/ledger.errors.js';
import { readErrors } from '../errors/read.errors.js';

/** The limit is long enough for a filter without an index, and short enough to free the connection if the caller left. */
const READ_TIMEOUT_MS = 20_000;

/** The SQLSTATE of a statement that a replica canceled, because the replica had to replay a change to the same rows. */
const CONFLICT_WITH_RECOVERY = '40001';

/** The SQLSTATE of a statement that the server canceled at its time limit. */
const STATEMENT_ENDED = '57014';

const responses = new AsyncLocalStorage<{ waiting?: WaitingEvents }>();

/** Runs the queries of one HTTP response, and collects which events are not sealed yet ({@link LedgerReader.waiting}). */
export function runInResponse<Result>(work: () => Result): Result {
  return responses.getStore() ? work() : responses.run({}, work);
}

export interface ReaderOptions
  extends Pick<StoreOptions, 'connectionUrl' | 'maxReadConnections'>, Partial<Pick<StoreOptions, 'readUrl'>> {
  /** The time limit of each query. @defaultValue 20 s */
  readonly timeoutMs?: number;
}

/**
 * The connections for queries: to the replica if `readUrl` is set. A replica may lack the newest data. Therefore, use {@link PrimaryReader}
 * for reads on which a write depends. On these connections, the server refuses every change and shows only events that the access allows.
 */
export class LedgerReader {
  private readonly sessions: LedgerSessions;
  /** The connections of readers of a part of the ledger, who therefore cannot use up the connections of readers of everything. */
  private readonly partSessions: LedgerSessions;
  /** A reader of a part leaves one of these connections to the others. */
  private readonly shares: FairQueue;
  /** Wakes the leader, which a replica cannot. */
  private readonly primary: LedgerSessions | undefined;
  /** What still waited when a question last waited in vain. */
  private readonly stuck = new Map<WaitingTable, WaitingEvents>();
  private hasOutbox = false;

  /** @param warn called when a connection breaks; the pool replaces the connection */
  constructor(
    { connectionUrl, readUrl, maxReadConnections, timeoutMs = READ_TIMEOUT_MS }: ReaderOptions,
    warn?: (message: string) => void,
  ) {
    const limits = createPoolLimits(timeoutMs);
    if (readUrl !== undefined && readUrl !== connectionUrl)
      this.primary = new LedgerSessions(connectionUrl, READER, limits, 1, warn);
    const url = readUrl ?? connectionUrl;
    this.sessions = new LedgerSessions(url, READER, limits, maxReadConnections, warn);
    this.partSessions = new LedgerSessions(url, READER, limits, maxReadConnections, warn);
    this.shares = new FairQueue(Math.max(1, maxReadConnections - 1));
  }

  /**
   * Returns the rows of one SQL query about the log. The query timeout is 20 s. The query cannot read events.
   *
   * @param name the name of the prepared statement on each connection. Only for frequent queries with a constant text
   * @throws `AUDIT_LEDGER_UNAVAILABLE`, whose message states what to do
   */
  async rows(text: string, values: readonly unknown[], name?: string): Promise<readonly LedgerRow[]> {
    return this.read(() => this.sessions.rows(text, values, name));
  }

  /**
   * Returns the rows of one SQL query about events. The query timeout is 20 s. The query can read only the events that `access` allows,
   * whatever its conditions are.
   *
   * @param settings PostgreSQL settings for the planner, for this query only
   * @throws `AUDIT_QUERY_TOO_SLOW` if the query takes longer than 20 s
   * @throws `AUDIT_LEDGER_UNAVAILABLE`, whose message states what to do
   */
  async eventRows(
    access: LedgerAccess,
    text: string,
    values: readonly unknown[],
    settings: Readonly<Record<string, string>> = {},
  ): Promise<readonly LedgerRow[]> {
    const ofAccess = toSessionSettings(access);
    const readRows = (sessions: LedgerSessions) =>
      this.read(async () => {
        await this.waitFor(sessions, INBOX);
        return sessions.rowsWithin({ ...settings, ...ofAccess }, text, values);
      });
    if (access.scope === 'all') return readRows(this.sessions);
    return this.shares.run(JSON.stringify(ofAccess), () => readRows(this.partSessions));
  }

  /** Like {@link eventRows}, of everything that is sealed now: does not wait for events that wait to be sealed. */
  async sealedRows(
    text: string,
    values: readonly unknown[],
    settings: Readonly<Record<string, string>> = {},
  ): Promise<readonly LedgerRow[]> {
    return this.read(() =>
      this.sessions.rowsWithin({ ...settings, ...toSessionSettings({ scope: 'all' }) }, text, values),
    );
  }

  /** The events that a question of this answer did not find, because they wait to be sealed. See {@link runInResponse}. */
  get waiting(): WaitingEvents | undefined {
    return responses.getStore()?.waiting;
  }

  /**
   * Waits until everything that was stored before the call is sealed.
   *
   * @throws `AUDIT_SEALING_LATE` after `limitMs`
   * @throws `AUDIT_LEDGER_UNAVAILABLE`
   */
  async settled(limitMs: number): Promise<void> {
    const left = await this.read(() => awaitSealed(this.sessions, limitMs, { primary: this.primary }));
    if (left) throw ledgerErrors.AUDIT_SEALING_LATE.afterWait(limitMs);
  }

  /** Waits like a question, until the row changes that were captured before the call are sealed. */
  async awaitRowChanges(): Promise<void> {
    await this.read(async () => {
      this.hasOutbox ||= await hasExtension(this.sessions, 'row-changes');
      if (this.hasOutbox) await this.waitFor(this.sessions, OUTBOX);
    });
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([this.sessions.end(), this.partSessions.end(), this.primary?.end()]);
  }

  /** Questions do not wait again for what a question waited for in vain. */
  private async waitFor(sessions: LedgerSessions, table: WaitingTable): Promise<void> {
    const stuck = this.stuck.get(table);
    const isStuck = stuck !== undefined && (await awaitProcessed(sessions, stuck.position, 0, { table })) !== undefined;
    if (!isStuck) this.stuck.delete(table);
    const left = await awaitSealed(sessions, isStuck ? 0 : TIMING.questionMs, { table, primary: this.primary });
    if (!left) return;
    if (!isStuck) this.stuck.set(table, left);
    const response = responses.getStore();
    if (response) response.waiting ??= left;
  }

  private async read<Result>(query: () => Promise<Result>): Promise<Result> {
    try {
      return await query().catch((error: unknown) => {
        if (getSqlState(error) === CONFLICT_WITH_RECOVERY) return query();
        throw error;
      });
    } catch (error) {
      if (getSqlState(error) === STATEMENT_ENDED) throw readErrors.AUDIT_QUERY_TOO_SLOW();
      const failure = classifyLedgerError(error);
      if (failure.kind !== 'unavailable') throw error;
      const seen = this.primary ? `the replica of readUrl fails: ${failure.cause}` : failure.cause;
      throw ledgerErrors.AUDIT_LEDGER_UNAVAILABLE(seen, failure.next);
    }
  }
}

/** The connections to the primary server. Use this class for reads on which a write depends, or which need the newest data. */
export class PrimaryReader extends LedgerReader {
  constructor(
    { connectionUrl, maxReadConnections }: Pick<StoreOptions, 'connectionUrl' | 'maxReadConnections'>,
    warn?: (message: string) => void,
  ) {
    super({ connectionUrl, maxReadConnections }, warn);
  }
}
