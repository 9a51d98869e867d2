import { AsyncLocalStorage } from 'node:async_hooks';
import { TransactionMissingError } from '../errors/transaction-missing.error.js';
import { IgnoreReasonMissingError } from '../errors/ignore-reason-missing.error.js';
import { ignoreRecorderOf } from './ignore-recorders.js';
import {
  isInTransaction,
  transactionOf,
  type ScopeTransaction,
  type TransactionManager,
} from '../transaction/transaction-manager.js';
import {
  annotateScope,
  openWithin,
  scopeInTransaction,
  setInScope,
  type AuditScope,
  type AuditScopeValues,
} from './audit-scope.js';
import type { AuditAnnotation } from './merge-annotations.js';

const storage = new AsyncLocalStorage<AuditScope>();
const SCOPE = Symbol.for('nestjs-audit-ledger:scope');

/** The scope of the current operation: what `record()` fills events from. */
export const AuditContext = {
  /** Runs `work` in a scope of its own: for jobs, scripts and impersonation. It inherits what `values` does not name. */
  run<Result>(values: AuditScopeValues, work: () => Result): Result {
    return storage.run(openWithin(storage.getStore(), values), work);
  },

  /**
   * Runs `work` without recording what happens in it: for imports, backfills, health probes. One event, `audit_capture_ignored`, says
   * why, and how many events of which types were left out; with `onFailure: 'closed'` it is attempted before. Resolves when it is
   * stored, with what `work` resolves with. What `work` does after it has resolved is recorded as ever.
   *
   * @throws IgnoreReasonMissingError (`AUDIT_IGNORE_REASON_MISSING`); and what `work` throws
   */
  async ignore<Result>(work: () => Result, reason: string): Promise<Awaited<Result>> {
    if (typeof reason !== 'string' || reason.trim() === '') throw new IgnoreReasonMissingError();
    const scope = storage.getStore();
    const recorder = ignoreRecorderOf(scope);
    if (!recorder) return await work(); // there is no application that records
    return (await recorder.ignore(scope, reason, work)) as Awaited<Result>; // what `work` resolves with
  },

  /** The current scope's values, or `undefined` outside of any. */
  current(): Readonly<AuditScopeValues> | undefined {
    return storage.getStore();
  },

  /** Sets values of the current scope: they hold for every event recorded in it from now on. Outside of any: no effect. */
  set(values: AuditScopeValues): void {
    const scope = storage.getStore();
    if (scope) setInScope(scope, values);
  },

  /** Adds to the event that `@Audited` will record for the current operation. Outside of any: no effect. */
  annotate(addition: AuditAnnotation): void {
    const scope = storage.getStore();
    if (scope) annotateScope(scope, addition);
  },

  /**
   * The manager of the transaction that the code runs in: TypeORM's `EntityManager`, as the type argument says.
   *
   * @throws TransactionMissingError (`AUDIT_TRANSACTION_MISSING`) if the transaction is missing or over
   */
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the core knows no library's own type
  manager<Manager extends TransactionManager>(): Manager {
    const transaction = storage.getStore()?.transaction;
    if (transaction?.ended !== false || !isInTransaction(transaction.manager))
      throw TransactionMissingError.noManager();
    return transaction.manager as TransactionManager as Manager; // the caller's word for which library it is of
  },

  /**
   * The manager to use in code that may run inside a transaction of `source` and outside of one: that of the current
   * transaction, else the data source's own.
   */
  managerOf<Manager extends TransactionManager>(source: { readonly manager: Manager }): Manager {
    const open = transactionOf(storage.getStore()?.transaction, source);
    return open ? (open.manager as TransactionManager as Manager) : source.manager; // of the same data source, so of the same library
  },

  /**
   * Runs `work` in a savepoint of the current transaction of `source`, or in a transaction of its own; injected repositories join it. Rejects
   * with what `work` rejects with: let it pass, so that the transaction is rolled back. Rejects with TransactionUndoneError
   * (`AUDIT_TRANSACTION_UNDONE`) where PostgreSQL rolled its own back, since `work` caught the error of a statement or sent a ROLLBACK.
   */
  inTransaction<Manager extends TransactionManager, Result>(
    source: {
      readonly manager: Manager;
      transaction(work: (manager: Manager) => Promise<unknown>): Promise<unknown>;
    },
    work: (manager: Manager) => Promise<Result>,
  ): Promise<Result> {
    const joining = (manager: TransactionManager): Promise<Result> => work(manager as Manager); // of the same data source
    return joinTransaction(source, (joined) => source.transaction(joined), joining) as Promise<Result>; // with what `work` resolves with
  },

  /** The scope's values of a given request (Express or Fastify), also where its async context is lost. */
  ofRequest(request: object): Readonly<AuditScopeValues> | undefined {
    return scopeOf(request);
  },
} as const;

type TransactionWork = (manager: TransactionManager) => Promise<unknown>;

/**
 * Runs `work` in a savepoint of the current transaction of `source`, else in the one that `begin` begins. What is injected takes part in it:
 * repositories, the manager and queries of the data source.
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
    return await runInScope(scopeInTransaction(scope, joined), () => manager.transaction(work));
  } finally {
    joined.ended = true;
  }
}

/** Runs `work` in `scope`. */
export function runInScope<Result>(scope: AuditScope, work: () => Result): Result {
  return storage.run(scope, work);
}

/** The scope that the current asynchronous context carries. */
export function currentScope(): AuditScope | undefined {
  return storage.getStore();
}

/** Leaves `scope` on the request, where the guard, the interceptor and the response's end find it. */
export function attachScope(request: object, scope: AuditScope): void {
  (request as { [SCOPE]?: AuditScope })[SCOPE] = scope; // a property of our own, under a symbol of our own
}

/** The scope that {@link attachScope} left on the request. */
export function scopeOf(request: object): AuditScope | undefined {
  return (request as { [SCOPE]?: AuditScope })[SCOPE]; // set by attachScope alone
}
