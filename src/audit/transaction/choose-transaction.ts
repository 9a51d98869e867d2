import type { AuditDelivery } from '../audit-options.js';
import { TransactionMissingError, TransactionUndoneError } from '../errors/transaction.error.js';
import type { AuditEvent } from '../event/audit-event.js';
import { OpenTransaction } from './open-transaction.js';
import {
  isInTransaction,
  type OpenManager,
  type ScopeTransaction,
  type TransactionManager,
} from './transaction-manager.js';

/** The options that determine in which transaction an event is written. */
export interface TransactionOptions {
  /**
   * The TypeORM `EntityManager` in whose transaction the event is written. It comes from `dataSource.transaction()` or from a query runner.
   * The option takes precedence over `delivery`.
   */
  readonly manager?: TransactionManager | null | undefined;
  readonly delivery?: AuditDelivery | undefined;
}

/**
 * Returns the manager in whose transaction to record an event; `undefined` if the event is recorded outside a transaction. By default, only
 * a success, whole or partial, is recorded in a transaction, since a failure, a denial or an attempt must survive a rollback.
 * @throws TransactionMissingError (`AUDIT_TRANSACTION_MISSING`) if the call requires a transaction, but no transaction is open
 * @throws TransactionUndoneError (`AUDIT_TRANSACTION_UNDONE`) if a ROLLBACK that the code sent has ended the library's own transaction
 */
export function chooseTransaction(
  { type, outcome }: Pick<AuditEvent, 'type' | 'outcome'>,
  { manager, delivery }: TransactionOptions,
  current: ScopeTransaction | undefined,
): OpenManager | undefined {
  if (manager !== undefined) {
    if (canJoin(manager) && !manager.queryRunner.isReleased) return manager;
    throw TransactionMissingError.notActive(type);
  }
  const inScope = current?.ended === false && canJoin(current.manager) ? current.manager : undefined;
  if (delivery === 'transactional') {
    if (inScope) return inScope;
    throw TransactionMissingError.notInScope(type);
  }
  if (delivery !== undefined || (outcome !== 'success' && outcome !== 'partial')) return undefined;
  const isUndone = inScope && OpenTransaction.find(inScope.queryRunner)?.isUndone;
  if (isUndone === true && current?.isJoined === true) throw TransactionUndoneError.byText();
  return inScope;
}

function canJoin(manager: TransactionManager | null): manager is OpenManager {
  return isInTransaction(manager) && OpenTransaction.find(manager.queryRunner)?.isClosing !== true;
}
