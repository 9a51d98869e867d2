import type { OneAtATime } from '../delivery/spill/one-at-a-time.js';

/** The part of TypeORM's query runner that is used: one connection, and whether it is in a transaction. */
export interface TransactionRunner {
  readonly isTransactionActive: boolean;
  readonly isReleased: boolean;
}

/** The part of TypeORM's data source that distinguishes it from others. */
export interface TransactionSource {
  readonly options?: { readonly type?: unknown };
}

/** The part of TypeORM's `EntityManager` that is used: any manager of TypeORM 0.3 or 1.x fits. */
export interface TransactionManager {
  readonly queryRunner?: TransactionRunner | undefined;
  /** The manager's data source; TypeORM 0.3 has it only as `connection`. */
  readonly dataSource?: TransactionSource;
  readonly connection?: TransactionSource;
  /** Runs one statement on the manager's connection; resolves with its rows. */
  query(statement: string, parameters?: unknown[]): Promise<unknown>;
}

/** A manager that begins transactions, and savepoints within its own. */
export interface BeginningManager extends TransactionManager {
  transaction(...isolationAndWork: readonly unknown[]): Promise<unknown>;
}

/** The part of TypeORM's `DataSource` that is used. */
export interface WatchableSource extends TransactionSource {
  readonly manager: BeginningManager;
  readonly subscribers: object[];
  createQueryRunner(...mode: readonly unknown[]): TransactionRunner;
}

export type OpenManager = BeginningManager & { readonly queryRunner: TransactionRunner };

/** The transaction that a scope is in. */
export interface ScopeTransaction {
  readonly manager: BeginningManager;
  /** Whether its work is done: it is committed or rolled back, or about to be. */
  ended: boolean;
  /** Whether injected objects take part in it: repositories, the manager and the queries of its data source. */
  isJoined?: boolean | undefined;
  /** Makes transactions nested in it run in turn, since their savepoints share its connection. */
  readonly turns?: OneAtATime | undefined;
  /** The transaction around it, which may belong to another data source. */
  readonly outer?: ScopeTransaction | undefined;
}

/** Whether the manager has begun a transaction and not ended it; also if the connection was lost, which undoes its events. */
export function isInTransaction<Manager extends TransactionManager>(
  manager: Manager | null,
): manager is Manager & Pick<OpenManager, 'queryRunner'> {
  return manager?.queryRunner?.isTransactionActive === true;
}

/** Returns the innermost of these transactions that is open and belongs to `source`. */
export function transactionOf(
  innermost: ScopeTransaction | undefined,
  source: unknown,
): (ScopeTransaction & { readonly manager: OpenManager }) | undefined {
  for (let each = innermost; each; each = each.outer) {
    if (each.ended || !isInTransaction(each.manager) || sourceOf(each.manager) !== source) continue;
    return each as ScopeTransaction & { readonly manager: OpenManager }; // isInTransaction() has tested it
  }
  return undefined;
}

export function sourceOf({ dataSource, connection }: TransactionManager): TransactionSource | undefined {
  return dataSource ?? connection;
}

/** A PostgreSQL statement, with a text for each of its parameters. */
export interface CommitStatement {
  readonly text: string;
  readonly values: readonly string[];
}

/** The facts that come with a batch to be written in a transaction. */
export interface TransactionScope {
  readonly backend: string;
  /**
   * Sends one statement and the COMMIT in one round trip; present if the transaction's COMMIT comes next, with nothing before it. Resolves
   * with the statement's rows, each as a list of texts, once the transaction is committed. An error of the statement would abort the
   * transaction, so let the statement return its problems as rows. Call it at most once.
   */
  withCommit?(statement: CommitStatement): Promise<readonly (readonly unknown[])[]>;
}
