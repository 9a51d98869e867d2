import { readFieldSafely } from '../../../base/read-safely.js';
import type { TransactionManager } from '../transaction-manager.js';

/** Runs one statement with parameters `$1`, `$2`, … in a transaction. Resolves with the rows. */
export type RunStatement = (text: string, values: readonly unknown[]) => Promise<unknown>;

/** A transaction of a client other than TypeORM. It can run a statement. */
export interface ClientTransaction extends Pick<TransactionManager, 'dataSource'> {
  readonly client: string;
  /** What the caller passed. */
  readonly handle: object;
  /** Runs one statement after the earlier ones. Resolves with the rows. */
  query(statement: string, parameters?: unknown[]): Promise<unknown>;
}

/** A client whose transactions events can join. */
export interface TransactionClient {
  readonly name: string;
  /** What to pass, for messages: `the tx of db.transaction()`. */
  readonly passes: string;
  /**
   * Whether the object is this client's: its open transaction, or `idle` for an object that has no open transaction, such as a pool;
   * `undefined` for an object of another client.
   */
  find(given: unknown): FoundTransaction | 'idle' | undefined;
}

export interface FoundTransaction {
  readonly run: RunStatement;
  /** An object that all transactions of the same connections share. It remembers in which database they are. */
  readonly home: object;
}

export function hasMethod(given: unknown, name: string): boolean {
  return typeof readFieldSafely(given, name) === 'function';
}

/** Returns the rows of a client's result, which may be the rows themselves. */
export function getRows(result: unknown): unknown {
  return Array.isArray(result) ? result : (readFieldSafely(result, 'rows') ?? []);
}
