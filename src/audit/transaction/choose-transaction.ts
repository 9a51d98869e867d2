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

/** The options of a call that choose its transaction. */
export interface TransactionOptions {
  /**
   * Writes the event in this manager's transaction, so that it is committed or rolled back with it: an `EntityManager` of TypeORM from
   * `dataSource.transaction()`, or of a query runner in a transaction. Takes precedence over `delivery`.
   */
  readonly manager?: TransactionManager | null | undefined;
  readonly delivery?: AuditDelivery | undefined;
}

/**
 * Returns the manager in whose transaction an event is recorded, by default only a success; `undefined` to record it independently, since a
 * failure, a denial or an attempt must survive a rollback.
 * @throws TransactionMissingError (`AUDIT_TRANSACTION_MISSING`) if the call requires a transaction and none is open
 * @throws TransactionUndoneError (`AUDIT_TRANSACTION_UNDONE`) if a ROLLBACK sent as a text ended the transaction that this library began
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
