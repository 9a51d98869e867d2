import { currentScope } from '../context/audit-context.js';
import {
  sourceOf,
  transactionOf,
  type OpenManager,
  type TransactionManager,
  type WatchableSource,
} from './transaction-manager.js';

type Call = (this: unknown, ...given: unknown[]) => unknown;

/** Methods of an `EntityManager` that query nothing, or that return objects which find the current transaction at each use. */
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

/** Lets the queries of a data source join the current transaction that this library began, if there is one: so injected objects join. */
export function joinQueries(source: WatchableSource): void {
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

/** Lets the managers of a class, and so their repositories, join it too; not those that have their own connection. */
export function joinManagers(prototype: object): void {
  for (const name of Object.getOwnPropertyNames(prototype)) {
    const own: unknown = Object.getOwnPropertyDescriptor(prototype, name)?.value;
    if (STAYS.has(name) || typeof own !== 'function') continue;
    define(prototype, name, function (this: TransactionManager, ...given) {
      const joined = this.queryRunner ? undefined : joinedManager(sourceOf(this));
      return joined ? methodOf(joined, name).apply(joined, given) : (own as Call).apply(this, given);
    });
  }
}

/** Returns the manager of the current transaction, if injected objects take part in it. */
function joinedManager(source: object | undefined): OpenManager | undefined {
  const transaction = transactionOf(currentScope()?.transaction, source);
  return transaction?.isJoined === true ? transaction.manager : undefined;
}

/** Returns the method with that name; if it is missing, a function that does nothing. */
export function methodOf(object: object, name: string): Call {
  return (object as Record<string, Call | undefined>)[name] ?? (() => undefined);
}

/** Defines a method on an object as its class would, so that a loop over its fields does not include it. */
export function define(object: object, name: string, value: (...given: unknown[]) => unknown): void {
  Object.defineProperty(object, name, { value, configurable: true, writable: true, enumerable: false });
}
