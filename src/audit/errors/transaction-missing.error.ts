import { AuditError } from './audit.error.js';

/** An event was to be recorded in a transaction, but cannot join one. */
export class TransactionMissingError extends AuditError {
  readonly code = 'AUDIT_TRANSACTION_MISSING';

  static notActive(eventType: string): TransactionMissingError {
    return new TransactionMissingError(
      `Cannot record the event ${eventType} in a transaction: the given manager is not in a transaction, or its transaction is over. ` +
        'Pass the manager that dataSource.transaction() hands to its callback, and await record() inside of it.',
    );
  }

  static notInScope(eventType: string): TransactionMissingError {
    return new TransactionMissingError(
      `Cannot record the event ${eventType} in a transaction: the code does not run in one. ` +
        "Call it inside dataSource.transaction() or an @AuditedTransaction() method, pass { manager }, or leave delivery 'transactional' out.",
    );
  }

  static noManager(): TransactionMissingError {
    return new TransactionMissingError(
      'Cannot return the manager of the transaction: the code does not run in one. ' +
        'Call AuditContext.manager() inside dataSource.transaction() or an @AuditedTransaction() method.',
    );
  }
}
