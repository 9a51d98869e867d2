import { currentScope, runInScope } from '../context/audit-context.js';
import { scopeInTransaction } from '../context/audit-scope.js';
import type { BeginningManager, TransactionWork, WatchableSource } from './find-data-sources.js';
import { joinTransactions } from './join-transaction.js';
import { OpenTransaction } from './open-transaction.js';
import { sourceOf, type ScopeTransaction, type TransactionManager } from './transaction-manager.js';
import { transactionSubscriber } from './transaction-subscriber.js';

const watched = new WeakSet<WatchableSource>();

/**
 * Lets what runs in `manager.transaction()` and `dataSource.transaction()` know of it by its scope, and follows the ends of
 * the data source's transactions. By properties of the instance, so nothing of TypeORM is changed for others. Twice is once.
 */
export function watchDataSource(source: WatchableSource): void {
  followEnds(source);
  if (watched.has(source)) return;
  watched.add(source);
  watchManager(source.manager);
  joinTransactions(source);
  const createQueryRunner = source.createQueryRunner.bind(source);
  source.createQueryRunner = (...mode) => {
    const runner = createQueryRunner(...mode);
    followEnds(source);
    watchManager(runner.manager);
    return runner;
  };
}

/**
 * Follows the ends of the transactions of the manager's data source, which may be none that the application provides.
 * Needed again once a data source is initialised, which gives it other subscribers.
 */
export function followEndsOf(manager: TransactionManager): void {
  const source = sourceOf(manager) as Partial<WatchableSource> | undefined; // TypeORM's, of which every field is checked
  if (Array.isArray(source?.subscribers)) followEnds({ subscribers: source.subscribers });
}

/** The first of all: a subscriber that throws keeps the event from those after it. */
function followEnds({ subscribers }: Pick<WatchableSource, 'subscribers'>): void {
  if (!subscribers.includes(transactionSubscriber)) subscribers.unshift(transactionSubscriber);
}

function watchManager(manager: BeginningManager): void {
  const begin = manager.transaction.bind(manager);
  manager.transaction = (...given) => runTransaction(manager, begin, given);
}

/**
 * Runs `begin` with a callback that knows by its scope which transaction it is in. What is delivered after the commit is
 * waited for once the connection is back in its pool: a provider may need it.
 */
async function runTransaction(
  { queryRunner }: TransactionManager,
  begin: BeginningManager['transaction'],
  given: readonly unknown[],
): Promise<unknown> {
  const work = given.find((each) => typeof each === 'function'); // after the isolation level, if any
  if (!work) return begin(...given);
  const isOutermost = queryRunner?.isTransactionActive !== true;
  const outer = currentScope();
  let opened: OpenTransaction | undefined;
  const workInScope = async (manager: TransactionManager): Promise<unknown> => {
    if (isOutermost && manager.queryRunner) {
      opened = OpenTransaction.of(manager.queryRunner);
      opened.isWaitedForLater = true;
    }
    const around = outer?.transaction;
    const isJoined = around?.isJoined === true && sourceOf(around.manager) === sourceOf(manager);
    const transaction: ScopeTransaction = { manager, ended: false, isJoined };
    try {
      return await runInScope(scopeInTransaction(outer, transaction), () => (work as TransactionWork)(manager)); // TypeORM calls it so
    } finally {
      transaction.ended = true;
    }
  };
  try {
    return await begin(...given.map((each) => (each === work ? workInScope : each)));
  } finally {
    await opened?.delivered;
  }
}
