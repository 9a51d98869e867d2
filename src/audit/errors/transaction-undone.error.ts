import { AuditError } from './audit.error.js';

/** A transaction that `@AuditedTransaction` or `AuditContext.inTransaction()` began was answered at its COMMIT by a rollback. */
export class TransactionUndoneError extends AuditError {
  readonly code = 'AUDIT_TRANSACTION_UNDONE';

  static create(): TransactionUndoneError {
    return new TransactionUndoneError(
      'Cannot commit the transaction: PostgreSQL rolled it back, since a statement in it had failed and the error was caught. ' +
        'Let the error pass, or run that statement in a savepoint: manager.transaction() inside of the transaction.',
    );
  }
}
