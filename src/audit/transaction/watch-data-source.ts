import type { EventEmitter } from 'node:events';
import { bindListeners } from '../context/bind-listeners.js';
import { getCurrentScope, runToEnd } from '../context/audit-context.js';
import { noteTransactionEnd, extendScope } from '../context/audit-scope.js';
import { SerialTask } from '../delivery/spill/serial-task.js';
import { getErrorCode } from '../../base/errors/error-facts.js';
import { ObservedTransaction } from './observed-transaction.js';
import {
  getSource,
  findTransaction,
  type BeginningManager,
  type ScopeTransaction,
  type TransactionManager,
  type TransactionRunner,
  type WatchableSource,
  type OpenManager,
} from './transaction-manager.js';
import { auditErrors } from '../errors/audit.errors.js';

interface TransactionEvent {
  readonly queryRunner: TransactionRunner;
}

interface QueryEvent extends TransactionEvent {
  readonly query: string;
  readonly rawResults?: unknown;
  readonly success?: boolean | undefined;
  readonly error?: unknown;
}

/** Statements that change nothing if they run outside of a transaction. */
const KEEPS_TRANSACTION = /^\s*(?:select|show|set|begin|start|rollback)\b/i;
/** The SQLSTATE of an error that proves that the server undid the statement. After the loss of a connection, nobody knows. */
const STATEMENT_ERROR = /^(?!08|57)\d[\dA-Z]{4}$/;

const COMMITS = /^\s*commit\b/i;
const ROLLS_BACK = /^\s*(?:rollback|abort)\b(?!\s+(?:(?:work|transaction)\s+)?to\b)/i;

const transactionSubscriber = {
  afterQuery({ queryRunner, query, rawResults, success, error }: QueryEvent): void {
    const isLost = getCommand(rawResults) === 'ROLLBACK'; // in a failed transaction, the server answers a COMMIT with ROLLBACK
    const isFinal = queryRunner.isTransactionActive ? COMMITS.test(query) : !KEEPS_TRANSACTION.test(query);
    const isDone = success === false ? !STATEMENT_ERROR.test(getErrorCode(error) ?? '') : !isLost;
    if (isFinal && isDone) noteTransactionEnd(getCurrentScope(), { hasCommitted: true });
    if (success !== false && (ROLLS_BACK.test(query) || (isLost && COMMITS.test(query))))
      ObservedTransaction.of(queryRunner)?.undo();
  },
};

function getCommand(results: unknown): unknown {
  return typeof results === 'object' && results !== null && 'command' in results ? results.command : undefined;
}

type TransactionWork = (manager: BeginningManager) => unknown;

const watchedSources = new WeakSet();

/**
 * Puts the transaction of `manager.transaction()` and `dataSource.transaction()` into the scope of the callback. Watches the end of that
 * transaction. Changes the managers' class, since some managers exist already. A second call has no effect.
 */
export function watchDataSource(source: WatchableSource): void {
  followEnds(source);
  if (watchedSources.has(source)) return;
  watchedSources.add(source);
  watchManagers(source.manager);
  joinQueries(source);
  const createQueryRunner = source.createQueryRunner.bind(source);
  source.createQueryRunner = (...mode) => {
    followEnds(source);
    const runner = createQueryRunner(...mode);
    bindStreams(runner);
    return runner;
  };
}

function bindStreams(runner: TransactionRunner): void {
  const stream = getMethod(runner, 'stream');
  define(runner, 'stream', async (...given) => {
    const opened = (await stream.apply(runner, given)) as EventEmitter; // a stream of Node
    bindListeners(opened);
    return opened;
  });
}

/** Watches the queries of the manager's data source. Call this function again after `initialize()`, which removes all subscribers. */
export function watchTransactionEnd(manager: TransactionManager): void {
  followEnds(getSource(manager) as WatchableSource); // isTypeOrmManager() has tested the source
}

/** This subscriber comes first, since a subscriber that throws prevents the calls of later subscribers. */
function followEnds({ subscribers }: Pick<WatchableSource, 'subscribers'>): void {
  if (!subscribers.includes(transactionSubscriber)) subscribers.unshift(transactionSubscriber);
}

function watchManagers(manager: BeginningManager): void {
  for (
    let each = getPrototype(manager);
    each !== Object.prototype && !watchedSources.has(each);
    each = getPrototype(each)
  ) {
    watchedSources.add(each);
    if (Object.hasOwn(each, 'transaction')) watchTransactions(each);
    joinManagers(each);
  }
}

function getPrototype(object: object): object {
  return (Object.getPrototypeOf(object) ?? Object.prototype) as object; // a prototype is an object
}

function watchTransactions(prototype: object): void {
  const transaction = getMethod(prototype, 'transaction') as BeginningManager['transaction']; // the method of a manager's class
  define(prototype, 'transaction', function (this: BeginningManager, ...given) {
    const begin = transaction.bind(this);
    const source = getSource(this);
    if (!source || !watchedSources.has(source)) return begin(...given);
    const run = (): Promise<unknown> => runTransaction(this, begin, given);
    const around = findTransaction(getCurrentScope()?.transaction, source);
    const turns =
      around?.isJoined === true && around.manager.queryRunner === this.queryRunner ? around.turns : undefined;
    return turns ? turns.run(run) : run();
  });
}

/** Delivers after the connection is free, since a provider may need a connection. */
async function runTransaction(
  { queryRunner }: TransactionManager,
  begin: BeginningManager['transaction'],
  given: readonly unknown[],
): Promise<unknown> {
  const work = given.find((each) => typeof each === 'function'); // `work` comes after the isolation level, if any
  if (!work) return begin(...given);
  const isOutermost = queryRunner?.isTransactionActive !== true;
  const outer = getCurrentScope();
  let seen: ObservedTransaction | undefined;
  let transaction: ScopeTransaction | undefined;
  const workInScope = async (manager: BeginningManager): Promise<unknown> => {
    const { queryRunner: runner } = manager;
    if (runner && (isOutermost || ObservedTransaction.of(runner))) seen = new ObservedTransaction(runner);
    const around = outer?.transaction;
    const isJoined = findTransaction(around, getSource(manager))?.isJoined;
    const turns = new SerialTask();
    const started: ScopeTransaction = { manager, ended: false, isJoined, turns, outer: around };
    transaction = started;
    try {
      const result = await runToEnd(extendScope({ transaction: started }, outer), outer, () =>
        (work as TransactionWork)(manager),
      ); // a function with TypeORM's signature
      if (started.isJoined === true && seen?.isUndone === true)
        throw auditErrors.AUDIT_TRANSACTION_ROLLED_BACK.byText();
      await turns.settled(); // `work` may not have awaited its nested transactions
      await seen?.close();
      return result;
    } finally {
      await turns.settled();
      await seen?.settled();
      started.ended = true;
    }
  };
  let result: unknown;
  try {
    result = await begin(...given.map((each) => (each === work ? workInScope : each)));
    if (seen?.isUndone === true && transaction?.isJoined === true)
      throw auditErrors.AUDIT_TRANSACTION_ROLLED_BACK.byServer();
  } catch (error) {
    seen?.detached();
    if (isOutermost) noteTransactionEnd(outer, { undoneBy: error });
    throw error;
  }
  if (!isOutermost) seen?.released();
  else if (seen?.isUndone === true) seen.detached();
  else await seen?.committed();
  return result;
}

type Call = (this: unknown, ...given: unknown[]) => unknown;

/** The methods of an `EntityManager` that send no query, or whose results choose the transaction for each query. */
const UNPATCHED_METHODS: ReadonlySet<string> = new Set([
  'constructor',
  'release',
  'create',
  'merge',
  'hasId',
  'getId',
  'getRepository',
  'getTreeRepository',
  'getMongoRepository',
  'getCustomRepository',
  'withRepository',
]);

function joinQueries(source: WatchableSource): void {
  const query = getMethod(source, 'query');
  define(source, 'query', (...given) => {
    const runner = joinedManager(source)?.queryRunner;
    const [statement, parameters, ownRunner] = given;
    return query.apply(source, runner && !ownRunner ? [statement, parameters, runner] : given);
  });
  const createQueryBuilder = getMethod(source, 'createQueryBuilder');
  define(source, 'createQueryBuilder', (...given) => {
    const runner = joinedManager(source)?.queryRunner;
    const [entity, alias, ownRunner] = given;
    if (!runner || ownRunner) return createQueryBuilder.apply(source, given);
    if (alias !== undefined) return createQueryBuilder.apply(source, [entity, alias, runner]);
    return createQueryBuilder.apply(source, [entity ?? runner]); // without an entity, a query runner is the only argument
  });
}

function joinManagers(prototype: object): void {
  for (const name of Object.getOwnPropertyNames(prototype)) {
    const own: unknown = Object.getOwnPropertyDescriptor(prototype, name)?.value;
    if (UNPATCHED_METHODS.has(name) || typeof own !== 'function') continue;
    define(prototype, name, function (this: TransactionManager, ...given) {
      const joined = this.queryRunner ? undefined : joinedManager(getSource(this));
      return joined ? getMethod(joined, name).apply(joined, given) : (own as Call).apply(this, given);
    });
  }
}

function joinedManager(source: object | undefined): OpenManager | undefined {
  const transaction = findTransaction(getCurrentScope()?.transaction, source);
  return transaction?.isJoined === true ? transaction.manager : undefined;
}

function getMethod(object: object, name: string): Call {
  return (object as Record<string, Call | undefined>)[name] ?? (() => undefined);
}

function define(object: object, name: string, value: (...given: unknown[]) => unknown): void {
  Object.defineProperty(object, name, { value, configurable: true, writable: true, enumerable: false });
}
