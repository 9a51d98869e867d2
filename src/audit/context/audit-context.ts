import { AsyncLocalStorage } from 'node:async_hooks';
import { liveRecorderOf } from './live-recorders.js';
import {
  isInTransaction,
  transactionOf,
  type BeginningManager,
  type ScopeTransaction,
  type TransactionManager,
} from '../transaction/transaction-manager.js';
import {
  annotateScope,
  checkValues,
  openWithin,
  scopeWith,
  setInScope,
  type AuditAnnotation,
  type AuditScope,
  type AuditScopeValues,
} from './audit-scope.js';
import { auditErrors } from '../errors/audit.errors.js';

const storage = new AsyncLocalStorage<AuditScope>();
const SCOPE = Symbol.for('nestjs-audit-ledger:scope');

/** Reads and changes the scope of the current operation. `record()` fills events with the values of the scope. */
export const AuditContext = {
  /** Runs `work` in a new scope with `values`, for jobs, scripts and impersonation. The new scope inherits all other values. */
  run<Result>(values: AuditScopeValues, work: () => Result): Result {
    const current = storage.getStore();
    checkValues(values, current);
    return storage.run(openWithin(current, values), work);
  },

  /**
   * Runs `work` without recording its events, for imports, backfills and health probes. One event, `audit_capture_ignored`, has the reason
   * and the number of ignored events by type. With `onFailure: 'closed'`, an `attempted` event is stored first. Resolves with the result of
   * `work` once the event is stored. Events after the end of `work` are recorded as usual.
   *
   * @param options `onFailure`: the failure policy for that event. Default: the application's `onFailure`
   * @throws `AUDIT_IGNORE_REASON_MISSING` if `reason` is empty; `AUDIT_OPTIONS_INVALID` for
   *   unknown options and invalid values; any error that `work` throws
   */
  async ignore<Result>(
    work: () => Result,
    reason: string,
    options: { readonly onFailure?: 'open' | 'closed' } = {},
  ): Promise<Awaited<Result>> {
    if (typeof reason !== 'string' || reason.trim() === '') throw auditErrors.AUDIT_IGNORE_REASON_MISSING();
    const scope = storage.getStore();
    const recorder = liveRecorderOf(scope);
    if (!recorder) return await work(); // no application of this process imports AuditModule
    return (await recorder.ignore(scope, reason, work, options)) as Awaited<Result>; // the result of `work`
  },

  /** Returns the values of the current scope; `undefined` outside of any scope. */
  current(): Readonly<AuditScopeValues> | undefined {
    return storage.getStore();
  },

  /** Sets values of the current scope for all later events in the scope. No effect outside of any scope. */
  set(values: AuditScopeValues): void {
    const scope = storage.getStore();
    checkValues(values, scope);
    if (scope) setInScope(scope, values);
  },

  /** Adds fields to the event that `@Audited` will record for the current operation. No effect outside of any scope. */
  annotate(addition: AuditAnnotation): void {
    const scope = storage.getStore();
    if (scope) annotateScope(scope, addition);
  },

  /**
   * Returns the current transaction: the `EntityManager` of TypeORM, or what the client passed to `work` in the option `transactions`, such
   * as the `tx` of Drizzle. The caller names the type.
   *
   * @throws `AUDIT_TRANSACTION_MISSING` if the transaction is missing or has ended
   */
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the core does not import a client's own type
  transaction<Transaction extends object>(): Transaction {
    const { transaction, begun } = storage.getStore() ?? {};
    const manager = transaction?.ended === false && isInTransaction(transaction.manager) && transaction.manager;
    const open: object | undefined = manager || (begun?.ended === false ? begun.handle : undefined);
    if (!open) throw auditErrors.AUDIT_TRANSACTION_MISSING.noneInScope();
    return open as Transaction; // the caller declares the type
  },

  /**
   * Returns the manager of the current transaction of `source`, otherwise `source.manager`. For code that may run inside or outside of a
   * transaction.
   */
  managerOf<Manager extends TransactionManager>(source: { readonly manager: Manager }): Manager {
    const open = transactionOf(storage.getStore()?.transaction, source);
    return open ? (open.manager as TransactionManager as Manager) : source.manager; // all managers of one data source have one type
  },

  /**
   * Runs `work` in a savepoint of the current transaction of `source`, or in a new transaction. Injected repositories join this
   * transaction. If `work` rejects, its changes are rolled back, and this method rejects with the same error. Rejects with
   * `AUDIT_TRANSACTION_UNDONE` if PostgreSQL rolled back although `work` resolved. Cause: `work` caught a query's
   * error or sent ROLLBACK.
   */
  inTransaction<Manager extends TransactionManager, Result>(
    source: {
      readonly manager: Manager;
      transaction(work: (manager: Manager) => Promise<unknown>): Promise<unknown>;
    },
    work: (manager: Manager) => Promise<Result>,
  ): Promise<Result> {
    const joining = (manager: TransactionManager): Promise<Result> => work(manager as Manager); // all managers of one data source have one type
    return joinTransaction(source, (joined) => source.transaction(joined), joining) as Promise<Result>; // the result of `work`
  },

  /** Returns the values in the scope of an Express or Fastify request, even if the async context is lost. */
  ofRequest(request: object): Readonly<AuditScopeValues> | undefined {
    return scopeOf(request);
  },
} as const;

type TransactionWork = (manager: TransactionManager) => Promise<unknown>;

/**
 * Runs `work` in a savepoint of the current transaction of `source`, otherwise in a transaction that `begin` starts. Injected
 * repositories, the manager and queries of the data source join this transaction.
 */
export async function joinTransaction(
  source: unknown,
  begin: (work: TransactionWork) => Promise<unknown>,
  work: TransactionWork,
): Promise<unknown> {
  const scope = storage.getStore();
  const open = transactionOf(scope?.transaction, source);
  const join = async (manager: TransactionManager, turns?: ScopeTransaction['turns']): Promise<unknown> => {
    const joined: ScopeTransaction = {
      ...{ manager: manager as BeginningManager, turns }, // the manager of a transaction begins savepoints
      ...{ ended: false, isJoined: true, outer: scope?.transaction },
    };
    try {
      return await runInScope(scopeWith({ transaction: joined }, scope), () =>
        open ? open.manager.transaction(work) : work(manager),
      );
    } finally {
      joined.ended = true;
    }
  };
  if (open) return join(open.manager, open.turns);
  return begin((manager) => {
    const begun = storage.getStore()?.transaction;
    if (begun?.manager !== manager) return join(manager); // no application watches the data source
    begun.isJoined = true;
    return work(manager);
  });
}

export function runInScope<Result>(scope: AuditScope, work: () => Result): Result {
  return storage.run(scope, work);
}

export function currentScope(): AuditScope | undefined {
  return storage.getStore();
}

/** Sets `scope` on the request, for the guard, the interceptor and the end of the response. */
export function attachScope(request: object, scope: AuditScope): void {
  (request as { [SCOPE]?: AuditScope })[SCOPE] = scope; // the property's key is a symbol of this library
}

/** Returns the scope that {@link attachScope} set on the request. */
export function scopeOf(request: object): AuditScope | undefined {
  return (request as { [SCOPE]?: AuditScope })[SCOPE]; // only attachScope sets this property
}
