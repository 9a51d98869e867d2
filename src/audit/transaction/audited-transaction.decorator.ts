import type { InjectionToken } from '@nestjs/common';
import type { AuditedEntry, AuditedOptions, UncheckedValue } from '../capture/audited-options.js';
import { markTransactional } from '../capture/audited.decorator.js';
import { dressAs, type Method } from '../capture/finish-method.js';
import type { AuditEventName } from '../catalogue/details-of.js';
import { EVENT_NAME_PATTERN } from '../catalogue/event-name.js';
import { InvalidEventNameError } from '../errors/invalid-event-name.error.js';
import { callInTransaction } from './call-in-transaction.js';

/** The transaction of {@link AuditedTransaction}. */
export interface TransactionSettings {
  /** The data source, by its name or its injection token. Default: the application's only one. */
  readonly dataSource?: InjectionToken;
  /** The isolation level of a transaction that the call starts. Default: the data source's. */
  readonly isolation?: 'READ UNCOMMITTED' | 'READ COMMITTED' | 'REPEATABLE READ' | 'SERIALIZABLE';
}

/** Options of {@link AuditedTransaction} if it is given the name of an event. */
export interface AuditedTransactionOptions<
  Result = UncheckedValue,
  Args extends readonly unknown[] = readonly UncheckedValue[],
>
  extends TransactionSettings, Omit<AuditedOptions<Result, Args>, 'delivery'> {}

type AsyncMethodDecorator = <Called extends (...args: never[]) => Promise<unknown>>(
  target: object,
  key: string | symbol,
  descriptor: TypedPropertyDescriptor<Called>,
) => void;

/**
 * Runs a method in a transaction of the application's data source: committed when its promise resolves, rolled back when it rejects.
 * Repositories, the manager and the queries of that data source join it, and so does `record()`; `AuditContext.manager()` returns its
 * manager. Called within a transaction of the same data source, the method runs in a savepoint of that one.
 *
 * With the name of an action, each call is an event as with `@Audited`: a success is recorded within the transaction, as its last
 * statement; a failure is recorded separately, after the rollback. On a route, a message handler or a GraphQL operation it also replaces
 * `@Audited`: a denial by a guard and a rejection by a pipe are recorded, each call once.
 *
 * @throws InvalidEventNameError (`AUDIT_EVENT_NAME_INVALID`) when the class is loaded; the call rejects with DataSourceUnknownError
 *   (`AUDIT_DATA_SOURCE_UNKNOWN`) if there is no data source, or if there are several and the settings name none
 */
export function AuditedTransaction(settings?: TransactionSettings): AsyncMethodDecorator;
export function AuditedTransaction<
  Result = UncheckedValue,
  Args extends readonly unknown[] = readonly UncheckedValue[],
>(name: AuditEventName, options?: AuditedTransactionOptions<Result, Args>): AsyncMethodDecorator;
export function AuditedTransaction(
  first: AuditEventName | TransactionSettings = {},
  second: AuditedTransactionOptions<never, never> = {},
): AsyncMethodDecorator {
  const name = typeof first === 'string' ? first : undefined;
  if (name !== undefined && !EVENT_NAME_PATTERN.test(name)) throw new InvalidEventNameError(name);
  const { dataSource, isolation, ...options } = typeof first === 'string' ? second : first;
  // The callbacks get the method's real arguments and result: their parameter type is the caller's promise.
  const entries = name === undefined ? [] : [{ name, options, isTransactional: true } as unknown as AuditedEntry];
  return (target, key, descriptor) => {
    // A method takes any arguments. It is replaced at once, so that an `@Audited` of the same method wraps the transaction.
    const method = descriptor.value as unknown as Method;
    const label = `${target.constructor.name}.${String(key)}`;
    const called = { label, key, dataSource, isolation, entries, sources: new WeakMap() };
    const call: Method = function (...args) {
      return callInTransaction(called, this, args, () => method.apply(this, args));
    };
    const dressed = dressAs(method, call);
    if (entries.length > 0) markTransactional(target, key, dressed, entries);
    descriptor.value = dressed as unknown as NonNullable<typeof descriptor.value>; // takes and returns the same
  };
}
