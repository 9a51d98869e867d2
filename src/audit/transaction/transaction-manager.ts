import type { SerialTask } from '../delivery/spill/serial-task.js';
import { readFieldSafely } from '../../base/read-safely.js';

/** The part of TypeORM's query runner that this library uses. A query runner is one connection. */
export interface TransactionRunner {
  readonly isTransactionActive: boolean;
  readonly isReleased: boolean;
  /** The runner's own manager. TypeORM's query runner always has this field. */
  readonly manager?: BeginningManager;
}

/** The part of a manager's data source that this library uses. */
export interface TransactionSource {
  readonly options?: { readonly type?: unknown };
}

/** The part of the `EntityManager` of TypeORM 0.3 and 1.x that this library uses. */
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

/** The part of TypeORM's `DataSource` that this library uses. */
export interface WatchableSource extends TransactionSource {
  readonly manager: BeginningManager;
  readonly subscribers: object[];
  createQueryRunner(...mode: readonly unknown[]): TransactionRunner;
}

export type OpenManager = BeginningManager & { readonly queryRunner: TransactionRunner };

export interface ScopeTransaction {
  readonly manager: BeginningManager;
  /** Whether the code that runs in the transaction has finished. The commit or the rollback may not have happened yet. */
  ended: boolean;
  /** Whether injected objects join the transaction: repositories, the manager and the queries of its data source. */
  isJoined?: boolean | undefined;
  /** Runs nested transactions one at a time, since their savepoints share the connection. */
  readonly turns?: SerialTask | undefined;
  /** The outer transaction, which may belong to another data source. */
  readonly outer?: ScopeTransaction | undefined;
}

/**
 * Begins a transaction, calls `work` with it, and commits. Rolls back if `work` rejects, and rejects with the same error. May call `work`
 * again after a rollback.
 */
export type BeginTransaction = (
  work: (transaction: object) => Promise<unknown>,
  settings: { readonly isolation?: string | undefined },
) => Promise<unknown>;

/** A transaction that the option `transactions` began. */
export interface OpenTransaction {
  readonly begin: BeginTransaction;
  /** The class and the method that opened it, for messages. */
  readonly label: string;
  /** What the client passed: `tx` of Drizzle. */
  readonly handle: object;
  ended: boolean;
  /** Runs nested calls one at a time, since their savepoints share the connection. */
  readonly turns: SerialTask;
}

/** Whether a transaction of the manager is open. Returns `true` even after the loss of the connection. */
export function isInTransaction<Manager extends TransactionManager>(
  manager: Manager | null,
): manager is Manager & Pick<OpenManager, 'queryRunner'> {
  return manager?.queryRunner?.isTransactionActive === true;
}

/** Returns the innermost open transaction of `source`. */
export function findTransaction(
  innermost: ScopeTransaction | undefined,
  source: unknown,
): (ScopeTransaction & { readonly manager: OpenManager }) | undefined {
  for (let each = innermost; each; each = each.outer) {
    if (each.ended || !isInTransaction(each.manager) || getSource(each.manager) !== source) continue;
    return each as ScopeTransaction & { readonly manager: OpenManager }; // isInTransaction() has tested the manager
  }
  return undefined;
}

export function getSource({ dataSource, connection }: TransactionManager): TransactionSource | undefined {
  return dataSource ?? connection;
}

/** Whether TypeORM made the manager and its query runner. */
export function isTypeOrmManager(manager: unknown): manager is TransactionManager {
  const runner = readFieldSafely(manager, 'queryRunner');
  const has = (owner: unknown, method: string): boolean => typeof readFieldSafely(owner, method) === 'function';
  const source = readFieldSafely(runner ?? manager, 'dataSource') ?? readFieldSafely(runner ?? manager, 'connection');
  if (!Array.isArray(readFieldSafely(source, 'subscribers'))) return false;
  if (!runner) return has(manager, 'transaction');
  const reports = has(runner, 'commitTransaction') && has(readFieldSafely(runner, 'broadcaster'), 'broadcast');
  return reports && has(readFieldSafely(runner, 'manager'), 'query');
}

/** Information about a batch that is written in a transaction. */
export interface TransactionScope {
  readonly backend: string;
  /** Whether the transaction must fail if the batch cannot be written. */
  readonly isClosed: boolean;
}
