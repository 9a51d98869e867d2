import { currentScope, runInScope } from '../context/audit-context.js';
import { scopeWith } from '../context/audit-scope.js';
import { TransactionUndoneError } from '../errors/transaction-undone.error.js';
import { define, joinManagers, joinQueries, methodOf } from './join-transaction.js';
import { OpenTransaction } from './open-transaction.js';
import {
  sourceOf,
  transactionOf,
  type BeginningManager,
  type ScopeTransaction,
  type TransactionManager,
  type Turns,
  type WatchableSource,
} from './transaction-manager.js';
import { transactionSubscriber } from './transaction-subscriber.js';

type TransactionWork = (manager: BeginningManager) => unknown;

/** The watched data sources, and the prototypes of their managers. */
const watched = new WeakSet();

/**
 * Puts the transaction of `manager.transaction()` and `dataSource.transaction()` into the scope of their callbacks, and follows the ends of
 * the data source's transactions. Managers change by their class, since some were created before; those of other data sources work as
 * before. A second call has no effect.
 */
export function watchDataSource(source: WatchableSource): void {
  followEnds(source);
  if (watched.has(source)) return;
  watched.add(source);
  watchManagers(source.manager);
  joinQueries(source);
  const createQueryRunner = source.createQueryRunner.bind(source);
  source.createQueryRunner = (...mode) => {
    followEnds(source);
    return createQueryRunner(...mode);
  };
}

/**
 * Follows the ends of the transactions of the manager's data source, even if the application does not provide it. Call it again after the
 * data source is initialised, since that replaces its subscribers.
 */
export function followEndsOf(manager: TransactionManager): void {
  const source = sourceOf(manager) as Partial<WatchableSource> | undefined; // TypeORM's; every field is checked
  if (Array.isArray(source?.subscribers)) followEnds({ subscribers: source.subscribers });
}

/** Adds the subscriber as the first one: a subscriber that throws keeps the event from those after it. */
function followEnds({ subscribers }: Pick<WatchableSource, 'subscribers'>): void {
  if (!subscribers.includes(transactionSubscriber)) subscribers.unshift(transactionSubscriber);
}

function watchManagers(manager: BeginningManager): void {
  for (let each = prototypeOf(manager); each !== Object.prototype && !watched.has(each); each = prototypeOf(each)) {
    watched.add(each);
    if (Object.hasOwn(each, 'transaction')) watchTransactions(each);
    joinManagers(each);
  }
}

function prototypeOf(object: object): object {
  return (Object.getPrototypeOf(object) ?? Object.prototype) as object; // a prototype is an object
}

function watchTransactions(prototype: object): void {
  const transaction = methodOf(prototype, 'transaction') as BeginningManager['transaction']; // of a manager's class
  define(prototype, 'transaction', function (this: BeginningManager, ...given) {
    const begin = transaction.bind(this);
    const source = sourceOf(this);
    if (!source || !watched.has(source)) return begin(...given);
    const run = (): Promise<unknown> => runTransaction(this, begin, given);
    const around = transactionOf(currentScope()?.transaction, source);
    const turns =
      around?.isJoined === true && around.manager.queryRunner === this.queryRunner ? around.turns : undefined;
    if (!turns) return run();
    const ended = turns.last.then(run);
    turns.last = ended.catch(() => undefined);
    return ended;
  });
}

/**
 * Runs `begin` with a callback whose scope has its transaction. Waits for the deliveries after the commit once the connection is back in
 * its pool, since a provider may need it.
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
  const workInScope = async (manager: BeginningManager): Promise<unknown> => {
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
      const result = await runInScope(scopeWith({ transaction: begun }, outer), () =>
        (work as TransactionWork)(manager),
      ); // TypeORM calls it like that
      if (begun.isJoined === true && opened?.isUndone === true) throw TransactionUndoneError.byText();
      return result;
    } finally {
      await turns.last; // nested transactions that nobody awaits would end after it
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
