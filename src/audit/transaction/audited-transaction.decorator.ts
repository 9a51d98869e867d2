import type { InjectionToken } from '@nestjs/common';
import type { AuditedEntry, AuditedOptions, UncheckedValue } from '../capture/audited-options.js';
import { setTransactional } from '../capture/audited.decorator.js';
import { copyMethodMetadata, type Method } from '../capture/method-decorator.js';
import type { AuditEventName } from '../catalogue/define-audit-events.js';
import { EVENT_NAME_PATTERN } from '../catalogue/event-name.js';
import { checkCallOptions } from '../check-call-options.js';
import { callInTransaction, type TransactionalMethod } from './call-in-transaction.js';
import { noteMethod } from './transactional-methods.service.js';
import { auditErrors } from '../errors/audit.errors.js';

/** The settings of the transaction of {@link AuditedTransaction}. */
export interface TransactionSettings {
  /**
   * The name or the injection token of the data source. Default: the application's only data source. Set this when your application has
   * several data sources.
   */
  readonly dataSource?: InjectionToken;
  /**
   * The isolation level of a transaction that the call starts. Default: the level of the data source. Set this when the operation reads and
   * then writes, such as a transfer that must not overdraw an account.
   */
  readonly isolation?: 'READ UNCOMMITTED' | 'READ COMMITTED' | 'REPEATABLE READ' | 'SERIALIZABLE';
}

/** The options of {@link AuditedTransaction} for a method whose calls are recorded as events. */
export interface AuditedTransactionOptions<
  Result = UncheckedValue,
  Args extends readonly unknown[] = readonly UncheckedValue[],
>
  extends TransactionSettings, AuditedOptions<Result, Args> {}

type AsyncMethodDecorator = <Called extends (...args: never[]) => Promise<unknown>>(
  target: object,
  key: string | symbol,
  descriptor: TypedPropertyDescriptor<Called>,
) => void;

/**
 * Runs a method in a transaction of TypeORM's data source, or of the option `transactions` of `AuditModule`. The transaction commits when
 * the method's promise resolves, and rolls back when the promise rejects. `record()` joins the transaction, and so do repositories, the
 * manager and queries of the data source. `AuditContext.transaction()` returns the transaction. Within such a transaction, the method
 * runs in a savepoint.
 *
 * With the name of an action, the decorator records each call as `@Audited` does. A success is recorded within the transaction, as its last
 * statement. A failure is recorded separately, after the rollback. On a route, message handler or GraphQL operation, the decorator replaces
 * `@Audited`, and records refusals by guards and pipes, too.
 *
 * @throws `AUDIT_EVENT_NAME_INVALID`, `AUDIT_OPTIONS_INVALID` when the class is loaded. If neither the settings nor the application
 *   determine one data source, the application does not start: `AUDIT_DATA_SOURCE_UNKNOWN`.
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
  if (name !== undefined && !EVENT_NAME_PATTERN.test(name)) throw auditErrors.AUDIT_EVENT_NAME_INVALID(name);
  const given = name === undefined ? (first as TransactionSettings) : second; // without a name, the settings are first
  if (name === undefined) checkCallOptions('transaction', given, 'run @AuditedTransaction()');
  else checkCallOptions('auditedTransaction', second, `run @AuditedTransaction('${name}')`);
  const { dataSource, isolation, ...options } = given as typeof second;
  // The caller promises the types of the callbacks' parameters.
  const entries = name === undefined ? [] : [{ name, options, isTransactional: true } as unknown as AuditedEntry];
  return (target, key, descriptor) => {
    // The decorator replaces the method immediately, so that an `@Audited` of the same method wraps the transaction.
    const method = descriptor.value as unknown as Method;
    const label = `${target.constructor.name}.${String(key)}`;
    const called: TransactionalMethod = { label, key, dataSource, isolation, entries, transacts: new WeakMap() };
    noteMethod(target, called);
    const call: Method = function (...args) {
      return callInTransaction(called, this, args, () => method.apply(this, args));
    };
    const dressed = copyMethodMetadata(method, call);
    if (entries.length > 0) setTransactional(target, key, dressed, entries);
    descriptor.value = dressed as unknown as NonNullable<typeof descriptor.value>; // `dressed` has the type of the method
  };
}
