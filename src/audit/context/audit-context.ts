import { AsyncLocalStorage } from 'node:async_hooks';
import { TransactionMissingError } from '../errors/transaction.error.js';
import { IgnoreReasonMissingError } from '../errors/ignore-reason-missing.error.js';
import { liveRecorderOf } from './live-recorders.js';
import {
  isInTransaction,
  transactionOf,
  type ScopeTransaction,
  type TransactionManager,
} from '../transaction/transaction-manager.js';
import {
  annotateScope,
  openWithin,
  scopeWith,
  setInScope,
  type AuditAnnotation,
  type AuditScope,
  type AuditScopeValues,
} from './audit-scope.js';

const storage = new AsyncLocalStorage<AuditScope>();
const SCOPE = Symbol.for('nestjs-audit-ledger:scope');

/** Reads and changes the scope of the current operation, from which `record()` fills events. */
export const AuditContext = {
  /** Runs `work` in a scope of its own: for jobs, scripts and impersonation. Values that are not given are inherited. */
  run<Result>(values: AuditScopeValues, work: () => Result): Result {
    return storage.run(openWithin(storage.getStore(), values), work);
  },

  /**
   * Runs `work` without recording the events in it: for imports, backfills, health probes. One event, `audit_capture_ignored`, has the
   * reason and how many events of which types were left out; with `onFailure: 'closed'`, its `attempted` event is stored first. Resolves
   * with the result of `work` once the event is stored. Events after the end of `work` are recorded as usual.
   *
   * @throws IgnoreReasonMissingError (`AUDIT_IGNORE_REASON_MISSING`); and the errors of `work`
   */
  async ignore<Result>(work: () => Result, reason: string): Promise<Awaited<Result>> {
    if (typeof reason !== 'string' || reason.trim() === '') throw new IgnoreReasonMissingError();
    const scope = storage.getStore();
    const recorder = liveRecorderOf(scope);
    if (!recorder) return await work(); // no application of this process records
    return (await recorder.ignore(scope, reason, work)) as Awaited<Result>; // the result of `work`
  },

  /** The current scope's values, or `undefined` outside of any. */
  current(): Readonly<AuditScopeValues> | undefined {
    return storage.getStore();
  },

  /** Sets values of the current scope: they apply to every event recorded in it from now on. No effect outside of any scope. */
  set(values: AuditScopeValues): void {
    const scope = storage.getStore();
    if (scope) setInScope(scope, values);
  },

  /** Adds to the event that `@Audited` will record for the current operation. No effect outside of any scope. */
  annotate(addition: AuditAnnotation): void {
    const scope = storage.getStore();
    if (scope) annotateScope(scope, addition);
  },

  /**
   * Returns the manager of the current transaction: TypeORM's `EntityManager`, or the type of the type argument.
   *
   * @throws TransactionMissingError (`AUDIT_TRANSACTION_MISSING`) if the transaction is missing or over
   */
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the core knows no library's own type
  manager<Manager extends TransactionManager>(): Manager {
    const transaction = storage.getStore()?.transaction;
    if (transaction?.ended !== false || !isInTransaction(transaction.manager))
      throw TransactionMissingError.noManager();
    return transaction.manager as TransactionManager as Manager; // the caller promises which library it is from
  },

  /**
   * Returns the manager for code that may run inside or outside of a transaction of `source`: that of the current transaction, else the
   * data source's own.
   */
  managerOf<Manager extends TransactionManager>(source: { readonly manager: Manager }): Manager {
    const open = transactionOf(storage.getStore()?.transaction, source);
    return open ? (open.manager as TransactionManager as Manager) : source.manager; // of the same data source, so of the same library
  },

  /**
   * Runs `work` in a savepoint of the current transaction of `source`, or in a new transaction; injected repositories join it. Rejects with
   * the error of `work`; do not catch it, so that the transaction is rolled back. Rejects with TransactionUndoneError
   * (`AUDIT_TRANSACTION_UNDONE`) if PostgreSQL rolled back the transaction although `work` resolved: it caught the error of a statement or
   * sent a ROLLBACK.
   */
  inTransaction<Manager extends TransactionManager, Result>(
    source: {
      readonly manager: Manager;
      transaction(work: (manager: Manager) => Promise<unknown>): Promise<unknown>;
    },
    work: (manager: Manager) => Promise<Result>,
  ): Promise<Result> {
    const joining = (manager: TransactionManager): Promise<Result> => work(manager as Manager); // of the same data source
    return joinTransaction(source, (joined) => source.transaction(joined), joining) as Promise<Result>; // the result of `work`
  },

  /** Returns the scope's values of a request (Express or Fastify), even if its async context is lost. */
  ofRequest(request: object): Readonly<AuditScopeValues> | undefined {
    return scopeOf(request);
  },
} as const;

type TransactionWork = (manager: TransactionManager) => Promise<unknown>;

/**
 * Runs `work` in a savepoint of the current transaction of `source`, else in the one that `begin` starts. Injected repositories, the
 * manager and queries of the data source take part in it.
 */
export async function joinTransaction(
  source: unknown,
  begin: (work: TransactionWork) => Promise<unknown>,
  work: TransactionWork,
): Promise<unknown> {
  const scope = storage.getStore();
  const open = transactionOf(scope?.transaction, source);
  if (!open) {
    return begin((manager) => {
      const begun = storage.getStore()?.transaction;
      if (begun?.manager === manager) begun.isJoined = true;
      return work(manager);
    });
  }
  const { manager, turns } = open;
  const joined: ScopeTransaction = { manager, turns, ended: false, isJoined: true, outer: scope?.transaction };
  try {
    return await runInScope(scopeWith({ transaction: joined }, scope), () => manager.transaction(work));
  } finally {
    joined.ended = true;
  }
}

export function runInScope<Result>(scope: AuditScope, work: () => Result): Result {
  return storage.run(scope, work);
}

export function currentScope(): AuditScope | undefined {
  return storage.getStore();
}

/** Leaves `scope` on the request, where the guard, the interceptor and the response's end find it. */
export function attachScope(request: object, scope: AuditScope): void {
  (request as { [SCOPE]?: AuditScope })[SCOPE] = scope; // our own property, under our own symbol
}

/** The scope that {@link attachScope} left on the request. */
export function scopeOf(request: object): AuditScope | undefined {
  return (request as { [SCOPE]?: AuditScope })[SCOPE]; // only attachScope sets it
}
