import { Logger } from '@nestjs/common';
import { errorCode } from '../../base/errors/error-facts.js';
import { isThenable } from '../../base/read-safely.js';
import type { PgConnection, Submittable } from '../row-context/pg-client.types.js';
import { OpenTransaction, type SendWithCommit } from './open-transaction.js';
import { StepResults, stepsIn } from './step-results.js';
import { sourceOf, type OpenManager, type CommitStatement } from './transaction-manager.js';
import { transactionSteps, type TransactionStep } from './transaction-steps.js';

type Send = (config: unknown, ...more: unknown[]) => unknown;

interface FollowedClient {
  query: Send;
  readonly connection: PgConnection;
  readonly pipeline?: boolean;
}

const IN_FAILED_TRANSACTION = '25P02';

const logger = new Logger('AuditModule');
const UNSEEN =
  'Cannot tell which events a ROLLBACK TO SAVEPOINT undoes: the server made a savepoint that was not found in any query. All events ' +
  'of the transaction are kept. Send each SAVEPOINT as a query of its own.';

/** Watches the savepoints and the COMMIT on the connection of a manager, if it is of pg, until the transaction ends. */
export function followManager(manager: OpenManager, transaction: OpenTransaction): boolean {
  if (transaction.isFollowed) return true;
  if (sourceOf(manager)?.options?.type !== 'postgres') return false;
  // TypeORM's own field with the transaction's connection.
  const { databaseConnection } = manager.queryRunner as { readonly databaseConnection?: unknown };
  if (!isPgClient(databaseConnection)) return false;
  transaction.isFollowed = transaction.wasFollowed = true;
  new ClientFollower(databaseConnection, transaction).begin();
  return true;
}

/** Returns the open transaction of a connection, whose end nobody else reports; `undefined` for any connection but pg's. */
export function followClient(client: unknown): OpenTransaction | undefined {
  if (!isPgClient(client)) return undefined;
  const transaction = OpenTransaction.of(client);
  if (!transaction.isFollowed) {
    transaction.isFollowed = transaction.wasFollowed = true;
    new ClientFollower(client, transaction).begin((isCommitted) => transaction.end(client, isCommitted));
  }
  return transaction;
}

/** Whether this is pg's own JavaScript client without `pipeline`, which sends one query at a time. */
function isPgClient(client: unknown): client is FollowedClient {
  const { query, connection, pipeline } = (client ?? {}) as Partial<FollowedClient>; // any object has readable fields
  return typeof query === 'function' && typeof connection?.parse === 'function' && pipeline !== true;
}

class ClientFollower {
  private readonly former: PropertyDescriptor | undefined;
  private readonly send: Send;
  private readonly stepResults: StepResults;
  private notedSavepoints = 0;
  /** Whether the server's answers report the end, which come before the result of the COMMIT. */
  private endsAlone = false;
  private isOver = false;

  constructor(
    private readonly client: FollowedClient,
    private readonly transaction: OpenTransaction,
  ) {
    this.former = Object.getOwnPropertyDescriptor(client, 'query');
    this.send = client.query.bind(client);
    this.stepResults = new StepResults(client.connection);
  }

  /** @param ends called when the transaction has ended, or another one follows it, if nobody else reports that */
  begin(ends?: (isCommitted: boolean) => void): void {
    this.endsAlone = ends !== undefined;
    this.stepResults.onEnd =
      ends &&
      ((isCommitted, isIdle, before) => {
        this.note(before, [], this.transaction.tick());
        if (!isIdle) {
          this.transaction.commitPart(this.transaction.tick());
          return;
        }
        this.isOver = true;
        this.end();
        ends(isCommitted);
      });
    this.client.query = (config, ...more) => {
      const text = textOf(config);
      const steps = text === undefined ? [] : transactionSteps(text);
      return steps.length === 0 ? this.send(config, ...more) : this.step(steps, config, more);
    };
  }

  private end(): void {
    if (this.former) Object.defineProperty(this.client, 'query', this.former);
    else Reflect.deleteProperty(this.client, 'query');
    this.stepResults.stop();
    this.transaction.isFollowed = false;
  }

  private step(steps: readonly TransactionStep[], config: unknown, more: readonly unknown[]): unknown {
    const at = this.transaction.tick();
    this.stepResults.expect(steps);
    const commit = steps.find(({ kind }) => kind === 'commit');
    const isPromised = typeof (config as { readonly submit?: unknown }).submit !== 'function' && !more.some(isFunction);
    const isKept = commit !== undefined && isPromised && this.transaction.isKeeping;
    let sending: unknown;
    if (isPromised && this.transaction.writes > 0) sending = this.sendAfterWrites(config, ...more);
    else if (!isKept) sending = this.send(config, ...more);
    else if (commit.kind === 'commit' && commit.isPlain) sending = this.commit(config);
    else sending = this.writeBefore(() => this.send(config, ...more));
    if (!isThenable(sending)) {
      this.note(steps, [], at);
      return sending;
    }
    return sending.then(
      (result: unknown) => {
        this.note(steps, stepsIn(result), at);
        return result;
      },
      (error: unknown) => {
        this.noteFailed(steps, error, at);
        if (commit?.kind === 'commit' && commit.isPlain && !this.endsAlone) this.end(); // after a failed COMMIT, the transaction is over
        throw error;
      },
    );
  }

  private async sendAfterWrites(...query: [unknown, ...unknown[]]): Promise<unknown> {
    await this.transaction.work.settled();
    return this.send(...query);
  }

  private async writeBefore(send: () => unknown): Promise<unknown> {
    await this.transaction.work.settled();
    await this.transaction.writeKept();
    return send();
  }

  private async commit(config: unknown): Promise<unknown> {
    const query: { sent?: CommitQuery } = {};
    const withCommit: SendWithCommit = async (statement) => {
      if (query.sent) throw new Error('the COMMIT is sent already');
      query.sent = new CommitQuery(statement);
      this.send(query.sent);
      return (await query.sent.done).rows;
    };
    await this.transaction.work.settled();
    await this.transaction.writeKept(withCommit);
    return query.sent ? this.resultOf(query.sent, config) : this.send(config);
  }

  /** In a failed transaction, the server answers the caller's COMMIT with ROLLBACK. */
  private async resultOf(query: CommitQuery, config: unknown): Promise<unknown> {
    try {
      return (await query.done).commit;
    } catch (error) {
      if (errorCode(error) === IN_FAILED_TRANSACTION) return this.send(config);
      throw error;
    }
  }

  /** Notes the steps before the error. Without the server's answer, a savepoint counts as made: its rollback then discards less. */
  private noteFailed(steps: readonly TransactionStep[], error: unknown, at: number): void {
    const stepResults = this.stepResults.before(error);
    const done = stepResults ? steps.slice(0, stepResults.length) : steps.filter(({ kind }) => kind === 'savepoint');
    this.note(done, stepResults ?? [], at);
  }

  private note(steps: readonly TransactionStep[], stepResults: readonly unknown[], at: number): void {
    if (this.isOver) return;
    this.notedSavepoints += steps.filter(({ kind }) => kind === 'savepoint').length;
    for (const [index, step] of steps.entries()) {
      if (step.kind === 'savepoint') this.transaction.beginSavepoint(step.name, at);
      else if (step.kind === 'release') this.transaction.releaseSavepoint(step.name);
      else if (step.kind === 'rollBackTo') this.rollBackTo(step.name, at);
      else if (step.kind === 'rollBack' || stepResults[index] === 'ROLLBACK') this.transaction.forget();
      else if (stepResults[index] === 'COMMIT' && !this.endsAlone) this.transaction.commitPart(at);
      if (this.endsAlone || (step.kind !== 'rollBack' && step.kind !== 'commit')) continue;
      this.transaction.isOver = step.chains !== true;
      this.end();
    }
  }

  /** If the server made a savepoint that no text showed, the rollback may go to that savepoint. */
  private rollBackTo(name: string, at: number): void {
    if (this.stepResults.savepoints <= this.notedSavepoints) this.transaction.rollBackToSavepoint(name, at);
    else {
      this.transaction.rollBackToUnseen();
      logger.warn(UNSEEN);
    }
  }
}

function textOf(config: unknown): string | undefined {
  if (typeof config === 'string') return config;
  const { text: own, cursor } = (config ?? {}) as Partial<Submittable>; // any object has readable fields
  const text = own ?? (cursor as { readonly text?: unknown } | null | undefined)?.text;
  return typeof text === 'string' ? text : undefined;
}

function isFunction(value: unknown): boolean {
  return typeof value === 'function';
}

interface Message {
  readonly text?: string;
  readonly fields?: readonly unknown[];
}

/**
 * A query for pg's client that sends a statement and the COMMIT in one round trip. If the statement fails, the server skips the COMMIT. The
 * statement's parameters are texts, which the server does not log with an error.
 */
class CommitQuery {
  /** The text for code that inspects queries. */
  readonly text = 'COMMIT';
  /** Called by pg if a query times out, in addition to {@link handleError}. */
  callback: (error?: unknown) => void = () => undefined;
  /** Resolves with the statement's rows and the answer to the COMMIT. */
  readonly done: Promise<{ readonly rows: readonly (readonly unknown[])[]; readonly commit: object }>;
  // These events do not occur: the query requests no description and no portal limit, and neither statement is empty.
  readonly handleRowDescription = (): void => undefined;
  readonly handlePortalSuspended = this.handleRowDescription;
  readonly handleEmptyQuery = this.handleRowDescription;
  private readonly rows: (readonly unknown[])[] = [];
  private command = '';
  private settle: { readonly resolve: () => void; readonly reject: (error: unknown) => void } | undefined;

  constructor(private readonly statement: CommitStatement) {
    this.done = new Promise((resolve, reject) => {
      const finish = (): void =>
        resolve({ rows: this.rows, commit: { command: this.command, rowCount: null, rows: [], fields: [] } });
      this.settle = { resolve: finish, reject };
    });
  }

  submit(connection: PgConnection): null {
    const { stream } = connection;
    stream.cork?.();
    try {
      connection.parse({ text: this.statement.text });
      connection.bind({ values: this.statement.values });
      connection.execute({});
      connection.parse({ text: this.text });
      connection.bind({ values: [] });
      connection.execute({});
      connection.sync();
    } finally {
      stream.uncork?.();
    }
    return null;
  }

  handleDataRow({ fields = [] }: Message): void {
    this.rows.push([...fields]);
  }

  handleCommandComplete({ text = '' }: Message): void {
    this.command = text;
  }

  handleError(error: unknown): void {
    this.settle?.reject(error);
    this.callback(error);
  }

  handleReadyForQuery(): void {
    this.settle?.resolve();
    this.callback();
  }
}
