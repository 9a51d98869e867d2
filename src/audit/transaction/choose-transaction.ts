import type { AuditDelivery } from '../audit-options.js';
import {
  TransactionMissingError,
  TransactionUndoneError,
  TransactionUnknownError,
} from '../errors/transaction.error.js';
import type { AuditEvent } from '../event/audit-event.js';
import { OpenTransaction } from './open-transaction.js';
import {
  isInTransaction,
  isOfTypeOrm,
  type OpenManager,
  type ScopeTransaction,
  type TransactionManager,
} from './transaction-manager.js';

/** The options that determine in which transaction an event is written. */
export interface TransactionOptions {
  /**
   * The TypeORM `EntityManager` in whose transaction the event is written. It comes from `dataSource.transaction()` or from a query runner.
   * `record()` rejects any other object. The option takes precedence over `delivery`.
   */
  readonly manager?: TransactionManager | null | undefined;
  readonly delivery?: AuditDelivery | undefined;
}

/**
 * Returns the manager in whose transaction to record an event; `undefined` if the event is recorded outside a transaction. By default, only
 * a success, whole or partial, is recorded in a transaction, since a failure, a denial or an attempt must survive a rollback.
 * @throws TransactionUnknownError (`AUDIT_TRANSACTION_UNKNOWN`) if the manager is not TypeORM's
 * @throws TransactionMissingError (`AUDIT_TRANSACTION_MISSING`) if the call requires a transaction, but no transaction is open
 * @throws TransactionUndoneError (`AUDIT_TRANSACTION_UNDONE`) if a ROLLBACK that the code sent has ended the library's own transaction
 */
export function chooseTransaction(
  { type, outcome }: Pick<AuditEvent, 'type' | 'outcome'>,
  { manager, delivery }: TransactionOptions,
  current: ScopeTransaction | undefined,
): OpenManager | undefined {
  if (manager !== undefined) {
    if (manager !== null && !isOfTypeOrm(manager)) throw TransactionUnknownError.create(type, manager);
    const given = joinable(manager);
    if (given?.queryRunner.isReleased === false) return given;
    throw TransactionMissingError.notActive(type);
  }
  const inScope = current?.ended === false ? joinable(current.manager) : undefined;
  if (delivery === 'transactional') {
    if (inScope) return inScope;
    throw TransactionMissingError.notInScope(type);
  }
  if (delivery !== undefined || (outcome !== 'success' && outcome !== 'partial')) return undefined;
  const runner = current?.ended === false && current.isJoined === true ? current.manager.queryRunner : undefined;
  if (runner && OpenTransaction.find(runner)?.isUndone === true) throw TransactionUndoneError.byText();
  return inScope;
}

/** Returns the query runner's own manager, which writes in the transaction whose end is reported; `undefined` if no event can join. */
function joinable(manager: TransactionManager | null): OpenManager | undefined {
  if (!isInTransaction(manager) || !isOfTypeOrm(manager)) return undefined;
  const open = OpenTransaction.find(manager.queryRunner);
  if (open?.isClosing === true || open?.isOver === true) return undefined;
  return manager.queryRunner.manager as OpenManager; // isOfTypeOrm() has tested the manager
}
