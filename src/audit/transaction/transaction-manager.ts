import type { OneAtATime } from '../delivery/spill/one-at-a-time.js';

/** The used part of TypeORM's query runner, which is one connection. */
export interface TransactionRunner {
  readonly isTransactionActive: boolean;
  readonly isReleased: boolean;
}

/** The used part of a manager's data source. */
export interface TransactionSource {
  readonly options?: { readonly type?: unknown };
}

/** The used part of an `EntityManager` of TypeORM 0.3 or 1.x. */
export interface TransactionManager {
  readonly queryRunner?: TransactionRunner | undefined;
  /** The manager's data source. TypeORM 0.3 has only `connection`. */
  readonly dataSource?: TransactionSource;
  readonly connection?: TransactionSource;
  /** Runs one statement on the manager's connection. Resolves with the rows. */
  query(statement: string, parameters?: unknown[]): Promise<unknown>;
}

/** A manager that begins transactions, or savepoints within a transaction. */
export interface BeginningManager extends TransactionManager {
  transaction(...isolationAndWork: readonly unknown[]): Promise<unknown>;
}

/** The used part of TypeORM's `DataSource`. */
export interface WatchableSource extends TransactionSource {
  readonly manager: BeginningManager;
  readonly subscribers: object[];
  createQueryRunner(...mode: readonly unknown[]): TransactionRunner;
}

export type OpenManager = BeginningManager & { readonly queryRunner: TransactionRunner };

/** The transaction that a scope is in. */
export interface ScopeTransaction {
  readonly manager: BeginningManager;
  /** Whether the transaction's work has ended. The commit or the rollback may follow. */
  ended: boolean;
  /** Whether injected objects join the transaction: repositories, the manager and the queries of its data source. */
  isJoined?: boolean | undefined;
  /** Runs nested transactions one at a time, since their savepoints share the connection. */
  readonly turns?: OneAtATime | undefined;
  /** The outer transaction, which may belong to another data source. */
  readonly outer?: ScopeTransaction | undefined;
}

/** Whether the manager has begun a transaction and not ended it. Returns `true` even after the loss of the connection. */
export function isInTransaction<Manager extends TransactionManager>(
  manager: Manager | null,
): manager is Manager & Pick<OpenManager, 'queryRunner'> {
  return manager?.queryRunner?.isTransactionActive === true;
}

/** Returns the innermost open transaction of `source`. */
export function transactionOf(
  innermost: ScopeTransaction | undefined,
  source: unknown,
): (ScopeTransaction & { readonly manager: OpenManager }) | undefined {
  for (let each = innermost; each; each = each.outer) {
    if (each.ended || !isInTransaction(each.manager) || sourceOf(each.manager) !== source) continue;
    return each as ScopeTransaction & { readonly manager: OpenManager }; // isInTransaction() has tested the manager
  }
  return undefined;
}

export function sourceOf({ dataSource, connection }: TransactionManager): TransactionSource | undefined {
  return dataSource ?? connection;
}

/** A PostgreSQL statement with a text for each parameter. */
export interface CommitStatement {
  readonly text: string;
  readonly values: readonly string[];
}

/** The facts that come with a batch in a transaction. */
export interface TransactionScope {
  readonly backend: string;
  /**
   * Sends one statement and the COMMIT in one round trip. Only set if the COMMIT is the transaction's next statement. Resolves with the
   * statement's rows, each as a list of texts, when the transaction is committed. An error of the statement would abort the transaction,
   * so the statement must return its problems as rows. Call this method at most once.
   */
  withCommit?(statement: CommitStatement): Promise<readonly (readonly unknown[])[]>;
}
