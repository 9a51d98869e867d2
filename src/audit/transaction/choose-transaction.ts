import type { AuditDelivery } from '../audit-options.js';
import { TransactionMissingError } from '../errors/transaction-missing.error.js';
import { TransactionUndoneError } from '../errors/transaction-undone.error.js';
import type { AuditEvent } from '../event/audit-event.js';
import { OpenTransaction } from './open-transaction.js';
import {
  isInTransaction,
  type OpenManager,
  type ScopeTransaction,
  type TransactionManager,
} from './transaction-manager.js';

/** What a call says of transactions. */
export interface TransactionOptions {
  /**
   * Writes the event in this manager's transaction, with which it commits or rolls back: an `EntityManager` of TypeORM from
   * `dataSource.transaction()`, or of a query runner in a transaction. Takes precedence over `delivery`.
   */
  readonly manager?: TransactionManager | null | undefined;
  readonly delivery?: AuditDelivery | undefined;
}

/**
 * The manager in whose transaction an event is recorded; `undefined`: it is recorded independently. Where nothing is said,
 * what succeeded is part of the transaction, and what failed, was denied or is only attempted has to survive its rollback.
 *
 * @throws TransactionMissingError (`AUDIT_TRANSACTION_MISSING`) when a transaction is asked for and is missing
 * @throws TransactionUndoneError (`AUDIT_TRANSACTION_UNDONE`) when the transaction of our making was rolled back by a text
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
