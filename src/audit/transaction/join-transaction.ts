import { currentScope } from '../context/audit-context.js';
import type { WatchableSource } from './find-data-sources.js';
import { transactionOf, type OpenManager } from './transaction-manager.js';

type Call = (this: unknown, ...given: unknown[]) => unknown;

/**
 * What of an `EntityManager` asks the database nothing, or gives out what is used beyond a transaction, as a repository: it finds the
 * transaction by itself each time that it is used.
 */
const STAYS: ReadonlySet<string> = new Set([
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

/**
 * Lets the data source's own manager, its repositories and its queries take part in the current transaction of our making, where there is
 * one: what is injected joins. By properties of the instances, so nothing of TypeORM is changed for others.
 */
export function joinTransactions(source: WatchableSource): void {
  joinManager(source, source.manager);
  const query = methodOf(source, 'query');
  define(source, 'query', (...given) => {
    const runner = joinedManager(source)?.queryRunner;
    const [statement, parameters, asked] = given;
    return query.apply(source, runner && !asked ? [statement, parameters, runner] : given);
  });
  const createQueryBuilder = methodOf(source, 'createQueryBuilder');
  define(source, 'createQueryBuilder', (...given) => {
    const runner = joinedManager(source)?.queryRunner;
    const [entity, alias, asked] = given;
    if (!runner || asked) return createQueryBuilder.apply(source, given);
    if (alias !== undefined) return createQueryBuilder.apply(source, [entity, alias, runner]);
    return createQueryBuilder.apply(source, [entity ?? runner]); // without an entity, a query runner is the only argument
  });
}

/** The same for one manager of a data source, as it is made for a repository of a class of its own. */
export function joinManager(source: WatchableSource, manager: object): void {
  for (const name of methodsOf(manager)) {
    if (STAYS.has(name)) continue;
    const own = methodOf(manager, name);
    define(manager, name, (...given) => {
      const joined = joinedManager(source);
      return joined ? methodOf(joined, name).apply(joined, given) : own.apply(manager, given);
    });
  }
}

/** The manager of the current transaction, if what is injected takes part in it. */
function joinedManager(source: WatchableSource): OpenManager | undefined {
  const transaction = transactionOf(currentScope()?.transaction, source);
  return transaction?.isJoined === true ? transaction.manager : undefined;
}

/** Its own and those of its classes. */
function methodsOf(object: object): ReadonlySet<string> {
  const names = new Set<string>();
  for (let each: object = object; each !== Object.prototype; each = Object.getPrototypeOf(each) as object) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(each))) {
      if (typeof value === 'function') names.add(name);
    }
  }
  return names;
}

function methodOf(object: object, name: string): Call {
  return (object as Record<string, Call | undefined>)[name] ?? (() => undefined);
}

function define(object: object, name: string, value: Call): void {
  Object.defineProperty(object, name, { value, configurable: true, writable: true, enumerable: false });
}
