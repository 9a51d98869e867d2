import { currentScope, runInScope } from '../context/audit-context.js';
import { scopeInTransaction } from '../context/audit-scope.js';
import { TransactionUndoneError } from '../errors/transaction-undone.error.js';
import type { BeginningManager, TransactionWork, WatchableSource } from './find-data-sources.js';
import { joinManager, joinTransactions } from './join-transaction.js';
import { OpenTransaction } from './open-transaction.js';
import {
  sourceOf,
  transactionOf,
  type ScopeTransaction,
  type TransactionManager,
  type Turns,
} from './transaction-manager.js';
import { transactionSubscriber } from './transaction-subscriber.js';

/** Data sources and their managers. */
const watched = new WeakSet();

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
  const createEntityManager = source.createEntityManager.bind(source);
  source.createEntityManager = (...runner) => {
    const manager = createEntityManager(...runner);
    watchManagerOf(source, manager);
    return manager;
  };
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

/** The same for a manager that {@link watchDataSource} came too late for, unless it has a connection of its own. Twice is once. */
export function watchManagerOf(source: WatchableSource, manager: BeginningManager): void {
  if (manager.queryRunner || manager === source.manager || watched.has(manager)) return;
  watched.add(manager);
  watchManager(manager);
  joinManager(source, manager);
}

/** The first of all: a subscriber that throws keeps the event from those after it. */
function followEnds({ subscribers }: Pick<WatchableSource, 'subscribers'>): void {
  if (!subscribers.includes(transactionSubscriber)) subscribers.unshift(transactionSubscriber);
}

function watchManager(manager: BeginningManager): void {
  const begin = manager.transaction.bind(manager);
  manager.transaction = (...given) => {
    const run = (): Promise<unknown> => runTransaction(manager, begin, given);
    const around = transactionOf(currentScope()?.transaction, sourceOf(manager));
    const turns =
      around?.isJoined === true && around.manager.queryRunner === manager.queryRunner ? around.turns : undefined;
    if (!turns) return run();
    const ended = turns.last.then(run);
    turns.last = ended.catch(() => undefined);
    return ended;
  };
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
  let transaction: ScopeTransaction | undefined;
  const workInScope = async (manager: TransactionManager): Promise<unknown> => {
    if (isOutermost && manager.queryRunner) {
      opened = OpenTransaction.of(manager.queryRunner);
      opened.isWaitedForLater = true;
    }
    const around = outer?.transaction;
    const isJoined = transactionOf(around, sourceOf(manager))?.isJoined;
    const turns: Turns = { last: Promise.resolve() };
    const begun: ScopeTransaction = { manager, ended: false, isJoined, turns, outer: around };
    transaction = begun;
    try {
      return await runInScope(scopeInTransaction(outer, begun), () => (work as TransactionWork)(manager)); // TypeORM calls it so
    } finally {
      await turns.last; // those that nobody awaits would end after it
      begun.ended = true;
    }
  };
  try {
    const result = await begin(...given.map((each) => (each === work ? workInScope : each)));
    if (opened?.isUndone === true && transaction?.isJoined === true) throw TransactionUndoneError.create();
    return result;
  } finally {
    await opened?.delivered;
  }
}
