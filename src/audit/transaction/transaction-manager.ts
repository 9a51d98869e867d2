/** What of TypeORM's query runner is used: one connection, and whether it is in a transaction. */
export interface TransactionRunner {
  readonly isTransactionActive: boolean;
  readonly isReleased: boolean;
}

/** What of TypeORM's data source is used to tell one from another. */
export interface TransactionSource {
  readonly options?: { readonly type?: unknown };
}

/** What of TypeORM's `EntityManager` is used: any manager of TypeORM 0.3 or 1.x is one of these. */
export interface TransactionManager {
  readonly queryRunner?: TransactionRunner | undefined;
  /** Its data source; TypeORM 0.3 has it as `connection` alone. */
  readonly dataSource?: TransactionSource;
  readonly connection?: TransactionSource;
  /** Runs one statement on the manager's connection; resolves with its rows. */
  query(statement: string, parameters?: unknown[]): Promise<unknown>;
}

/** A manager that begins transactions, and savepoints within its own. */
export interface BeginningManager extends TransactionManager {
  transaction(...isolationAndWork: readonly unknown[]): Promise<unknown>;
}

/** A manager within its transaction. */
export type OpenManager = BeginningManager & { readonly queryRunner: TransactionRunner };

/** The transactions that are nested in one take turns, since their savepoints are of one connection. */
export interface Turns {
  last: Promise<unknown>;
}

/** The transaction that a scope is within. */
export interface ScopeTransaction {
  readonly manager: BeginningManager;
  /** Whether its work is done: it is committed or rolled back, or about to be. */
  ended: boolean;
  /** Whether what is injected takes part in it: repositories, the manager and the queries of its data source. */
  isJoined?: boolean | undefined;
  readonly turns?: Turns | undefined;
  /** The one that the work is within besides, which may be of another data source. */
  readonly outer?: ScopeTransaction | undefined;
}

/**
 * Whether the manager has begun a transaction and not ended it. Also where the connection was lost meanwhile: what is
 * recorded then is part of what is undone.
 */
export function isInTransaction<Manager extends TransactionManager>(
  manager: Manager | null,
): manager is Manager & Pick<OpenManager, 'queryRunner'> {
  return manager?.queryRunner?.isTransactionActive === true;
}

/** The innermost of these transactions that is open and of `source`. */
export function transactionOf(
  innermost: ScopeTransaction | undefined,
  source: unknown,
): (ScopeTransaction & { readonly manager: OpenManager }) | undefined {
  for (let each = innermost; each; each = each.outer) {
    if (!each.ended && isOpenOf(each, source)) return each;
  }
  return undefined;
}

function isOpenOf(
  transaction: ScopeTransaction,
  source: unknown,
): transaction is ScopeTransaction & { readonly manager: OpenManager } {
  return isInTransaction(transaction.manager) && sourceOf(transaction.manager) === source;
}

/** The data source that a manager is of. */
export function sourceOf({ dataSource, connection }: TransactionManager): TransactionSource | undefined {
  return dataSource ?? connection;
}
