import { AsyncLocalStorage } from 'node:async_hooks';
import { findLiveRecorder, resolveRecorder } from './live-recorders.js';
import {
  isInTransaction,
  findTransaction,
  type BeginningManager,
  type ScopeTransaction,
  type TransactionManager,
} from '../transaction/transaction-manager.js';
import {
  annotateScope,
  checkValues,
  copyValues,
  openNestedScope,
  inheritScope,
  extendScope,
  setInScope,
  type AuditAnnotation,
  type AuditScope,
  type AuditScopeValues,
} from './audit-scope.js';
import { auditErrors } from '../errors/audit.errors.js';
import { definedFields } from '../event/merge-fields.js';

const storage = new AsyncLocalStorage<AuditScope | undefined>();
const SCOPE = Symbol.for('nestjs-audit-ledger:scope');

/** Reads and changes the scope of the current operation. `record()` fills events with the values of the scope. */
export const AuditContext = {
  /**
   * Runs `work` in a new scope with `values` only, for jobs, scripts and impersonation. Of the scope around it, the new scope keeps open
   * transactions, and the request's id as `metadata.causedBy`. The new scope ends when the promise of `work` settles.
   */
  run<Result>(values: AuditScopeValues, work: () => Result): Result {
    const current = getCurrentScope();
    checkValues(values);
    return runToEnd(openNestedScope(current, values), current, work);
  },

  /**
   * Runs `work` without recording its events, for imports, backfills and health probes. One event, `audit_capture_ignored`, has the reason
   * and the number of ignored events by type. With `onFailure: 'closed'`, an `attempted` event is stored first. Resolves with the result of
   * `work` once the event is stored. Events after the end of `work` are recorded as usual.
   *
   * @param options `onFailure`: the failure policy for that event. Default: the application's `onFailure`
   * @throws `AUDIT_OPTIONS_INVALID` for an empty `reason`, unknown options and invalid values; any error that `work` throws
   */
  async ignore<Result>(
    work: () => Result,
    reason: string,
    options: { readonly onFailure?: 'open' | 'closed' } = {},
  ): Promise<Awaited<Result>> {
    if (typeof reason !== 'string' || reason.trim() === '')
      throw auditErrors.AUDIT_OPTIONS_INVALID(
        ['the reason is missing: pass it as the second argument'],
        'Audit',
        'ignore events',
      );
    const scope = getCurrentScope();
    const recorder = resolveRecorder(scope);
    if (!recorder) return await work(); // no application of this process imports AuditModule
    return (await recorder.ignore(scope, reason, work, options)) as Awaited<Result>; // the result of `work`
  },

  /**
   * Returns the values of the current scope, with the actor and the tenant that the options find in its request; `undefined` outside of any
   * scope. After the end of a request, only `metadata.causedBy` is left: the request's id.
   */
  current(): Readonly<AuditScopeValues> | undefined {
    return getScopeValues(getCurrentScope());
  },

  /** Sets values of the current scope for all later events in the scope. No effect outside of any scope, and after its end. */
  set(values: AuditScopeValues): void {
    const scope = getCurrentScope();
    checkValues(values);
    if (scope) setInScope(scope, values);
  },

  /** Adds fields to the event that `@Audited` will record for the current operation. No effect outside of any scope, and after its end. */
  annotate(addition: AuditAnnotation): void {
    const scope = getCurrentScope();
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
    const { transaction, openTransaction } = storage.getStore() ?? {};
    const manager = transaction?.ended === false && isInTransaction(transaction.manager) && transaction.manager;
    const open: object | undefined = manager || (openTransaction?.ended === false ? openTransaction.handle : undefined);
    if (!open) throw auditErrors.AUDIT_TRANSACTION_MISSING.noneInScope();
    return open as Transaction; // the caller declares the type
  },

  /**
   * Returns the manager of the current transaction of `source`, otherwise `source.manager`. For code that may run inside or outside of a
   * transaction.
   */
  getManager<Manager extends TransactionManager>(source: { readonly manager: Manager }): Manager {
    const open = findTransaction(storage.getStore()?.transaction, source);
    return open ? (open.manager as TransactionManager as Manager) : source.manager; // all managers of one data source have one type
  },

  /**
   * Runs `work` in a savepoint of the current transaction of `source`, or in a new transaction. Injected repositories join this
   * transaction. If `work` rejects, its changes are rolled back, and this method rejects with the same error. Rejects with
   * `AUDIT_TRANSACTION_ROLLED_BACK` if PostgreSQL rolled back although `work` resolved. Cause: `work` caught a query's
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
  getRequestContext(request: object): Readonly<AuditScopeValues> | undefined {
    return getScopeValues(getRequestScope(request));
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
  const open = findTransaction(scope?.transaction, source);
  const join = async (manager: TransactionManager, turns?: ScopeTransaction['turns']): Promise<unknown> => {
    const joined: ScopeTransaction = {
      ...{ manager: manager as BeginningManager, turns }, // the manager of a transaction begins savepoints
      ...{ ended: false, isJoined: true, outer: scope?.transaction },
    };
    try {
      return await runToEnd(extendScope({ transaction: joined }, scope), scope, () =>
        open ? open.manager.transaction(work) : work(manager),
      );
    } finally {
      joined.ended = true;
    }
  };
  if (open) return join(open.manager, open.turns);
  return begin((manager) => {
    const started = storage.getStore()?.transaction;
    if (started?.manager !== manager) return join(manager); // no application watches the data source
    started.isJoined = true;
    return work(manager);
  });
}

export function runInScope<Result>(scope: AuditScope, work: () => Result): Result {
  return storage.run(scope, work);
}

/** Runs `work` in `scope`. A life of its own, other than that of `outer`, ends with the result: see {@link ScopeLife.endWith}. */
export function runToEnd<Result>(scope: AuditScope, outer: AuditScope | undefined, work: () => Result): Result {
  let result: Result | undefined;
  try {
    return (result = storage.run(scope, work));
  } finally {
    if (scope.life !== outer?.life) scope.life?.endWith(result, outer);
  }
}

/** Runs `work` outside of any scope, for what is used by several requests, such as a connection. */
export function runOutside<Result>(work: () => Result): Result {
  return storage.run(undefined, work);
}

/** Returns the scope of the running code, or the rest of a scope that has ended. */
export function getCurrentScope(): AuditScope | undefined {
  const scope = storage.getStore();
  return scope?.life?.isOver === true ? inheritScope(scope) : scope;
}

/** The options `resolveActor` and `resolveTenant` may read the current values themselves. */
let isResolving = false;

/** Returns the values of a scope, with the actor and the tenant in its request. */
export function getScopeValues(scope: AuditScope | undefined): AuditScopeValues | undefined {
  if (!scope) return undefined;
  const events = isResolving ? undefined : findLiveRecorder(scope)?.events;
  isResolving = true;
  try {
    const found = definedFields({ actor: events?.currentActor(scope), tenantId: events?.currentTenant(scope) });
    return { ...copyValues(scope), ...found };
  } finally {
    isResolving = false;
  }
}

/** Sets `scope` on the request, for the guard, the interceptor and the end of the response. */
export function attachScope(request: object, scope: AuditScope): void {
  (request as { [SCOPE]?: AuditScope })[SCOPE] = scope; // the property's key is a symbol of this library
}

/** Returns the scope that {@link attachScope} set on the request. */
export function getRequestScope(request: object | undefined): AuditScope | undefined {
  return (request as { [SCOPE]?: AuditScope } | undefined)?.[SCOPE]; // only attachScope sets this property
}
