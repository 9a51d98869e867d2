import { OpenTransaction } from './open-transaction.js';
import type { TransactionRunner } from './transaction-manager.js';
import { transactionSteps } from './transaction-steps.js';

interface TransactionEvent {
  readonly queryRunner: TransactionRunner;
}

interface QueryEvent extends TransactionEvent {
  readonly query: string;
  readonly rawResults?: unknown;
}

/** Transactions whose COMMIT the server answered with ROLLBACK, since one of their statements had failed. */
const lost = new WeakSet();

/**
 * Follows the transactions of a data source: a TypeORM subscriber, registered as a plain object. TypeORM also reports the release of a
 * savepoint and a rollback to one as commit and rollback, while the transaction stays active; if the connection's statements are followed,
 * those decide.
 */
export const transactionSubscriber = {
  afterTransactionStart({ queryRunner }: TransactionEvent): void {
    const transaction = OpenTransaction.find(queryRunner);
    if (transaction?.isFollowed === false) transaction.beginSavepoint();
  },

  /** Also runs for a transaction without events, which could get its first one now. */
  beforeTransactionCommit({ queryRunner }: TransactionEvent): Promise<void> {
    return OpenTransaction.of(queryRunner).closeToCommit();
  },

  afterQuery({ queryRunner, query, rawResults }: QueryEvent): void {
    if (query === 'COMMIT' && commandOf(rawResults) === 'ROLLBACK') lost.add(queryRunner);
    const transaction = OpenTransaction.find(queryRunner);
    if (transaction?.isClosing !== false) return;
    if (transactionSteps(query).some(({ kind }) => kind === 'rollBack')) transaction.forget();
  },

  afterTransactionCommit({ queryRunner }: TransactionEvent): Promise<unknown> | undefined {
    const transaction = OpenTransaction.find(queryRunner);
    if (queryRunner.isTransactionActive) {
      if (transaction?.isFollowed === false) transaction.releaseSavepoint();
      return undefined;
    }
    const isCommitted = !lost.delete(queryRunner);
    transaction?.end(queryRunner, isCommitted);
    return transaction?.isWaitedForLater === true ? undefined : transaction?.delivered;
  },

  beforeTransactionRollback({ queryRunner }: TransactionEvent): Promise<void> {
    return OpenTransaction.of(queryRunner).close();
  },

  afterTransactionRollback({ queryRunner }: TransactionEvent): void {
    const transaction = OpenTransaction.find(queryRunner);
    if (!queryRunner.isTransactionActive) transaction?.end(queryRunner, false);
    else if (transaction?.isFollowed === false) transaction.rollBackToSavepoint(undefined, transaction.tick());
  },
};

/** Returns the command that PostgreSQL's server reports to have executed. */
function commandOf(results: unknown): unknown {
  return typeof results === 'object' && results !== null && 'command' in results ? results.command : undefined;
}
